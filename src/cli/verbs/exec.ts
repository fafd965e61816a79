import { defineCommand } from "citty";
import { spawnerOf } from "../../capture/child.ts";
import { usageError } from "../../errors.ts";
import type { StepSpec } from "../../model/step.ts";
import { type RecordedStep, recordStep } from "../../recorder/step.ts";
import { openForWriting } from "../../store/open.ts";
import { dbArg, kvArg, rootDirArg } from "../args.ts";
import { required, requiredFlag } from "../context.ts";
import { tagsOf } from "../kv.ts";
import { integerOf, seeHelp } from "../parse.ts";
import { writeErr } from "../streams.ts";
import type { Invocation } from "../verb.ts";

export default defineCommand({
  args: {
    ...dbArg,
    "run-id": { type: "string", valueHint: "run", description: "The run (or SCENARIOLOG_RUN_ID)" },
    ...rootDirArg,
    "log-dir": {
      type: "string",
      valueHint: "dir",
      description: "Where log files go; relative to --root-dir (or SCENARIOLOG_LOG_DIR)",
    },
    name: { type: "string", valueHint: "name", description: "The step's name" },
    "step-num": { type: "string", default: "0", valueHint: "n", description: "Its number: order and file names" },
    "work-dir": { type: "string", valueHint: "dir", description: "Its working directory (default: the current one)" },
    "script-path": { type: "string", valueHint: "file", description: "The script that it runs; stored" },
    stdin: { type: "enum", options: ["null", "inherit"], default: "null", description: "What the step reads from" },
    ...kvArg,
  },
  async run({ args, data }) {
    const spec = specOf(args, data);
    const db = required("exec", args, "db");
    // Looks at what the caller left open, so before anything is opened here.
    const spawn = await spawnerOf();
    const store = openForWriting(db, { create: false });
    let step: RecordedStep;
    try {
      step = await recordStep(store, spawn, spec);
    } finally {
      store.close();
    }
    writeErr(linesOf(step));
    return step.code;
  },
});

function specOf(args: { readonly [flag: string]: unknown }, data: Invocation): StepSpec {
  const text = (flag: string) => (args[flag] as string | undefined) ?? "";
  const argv = [...data.positionals, ...(data.rest ?? [])];
  if (argv.length === 0) throw usageError("exec needs a command behind --", seeHelp("exec"));
  const stdin = text("stdin");
  if (stdin !== "null" && stdin !== "inherit") {
    throw usageError(`--stdin ${JSON.stringify(stdin)} is neither null nor inherit`, seeHelp("exec"));
  }
  required("exec", args, "db");
  return {
    runId: required("exec", args, "run-id"),
    rootDir: required("exec", args, "root-dir"),
    logDir: required("exec", args, "log-dir"),
    name: requiredFlag("exec", args, "name"),
    num: integerOf("step-num", text("step-num"), 0),
    scriptPath: text("script-path"),
    workDir: text("work-dir"),
    stdin,
    tags: tagsOf((data.flags.kv as string[] | undefined) ?? []),
    argv: argv as [string, ...string[]],
  };
}

/** What harnesses read from stderr, byte for byte the Go build's. */
function linesOf({ stepId, code, durationMs, stdoutPath, stderrPath, exit }: RecordedStep): string {
  const line = `[scenariolog] step=${stepId} exit=${code} duration_ms=${durationMs} stdout=${stdoutPath} stderr=${stderrPath}\n`;
  if (code === 0) return line;
  const error = `Error: step ${stepId} exited with code ${code}\n`;
  if (exit.kind !== "not-started") return line + error;
  return `${line}${error}  ${exit.reason}\n${exit.hint ? `  ${exit.hint}\n` : ""}`;
}
