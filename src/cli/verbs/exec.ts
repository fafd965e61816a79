import { defineCommand } from "citty";
import { exitCode, usageError } from "../../errors.ts";
import type { StepSpec } from "../../model/step.ts";
import { Connection } from "../../recorder/step/connection.ts";
import { type RecordedStep, recordStep } from "../../recorder/step/step.ts";
import { warningsOf } from "../../recorder/step/warnings.ts";
import { visible } from "../../render/text.ts";
import { required, requiredFlag } from "../argv/context.ts";
import { dbArg, kvArg, rootDirArg } from "../argv/flags.ts";
import { tagsOf } from "../argv/kv.ts";
import { integerOf, seeHelp } from "../argv/parse.ts";
import { choiceOf, stepArgs, stepOptionsOf } from "../argv/step-flags.ts";
import { nameOfCommand } from "../argv/step-name.ts";
import { traceArgs, traceOptionsOf } from "../argv/trace-flags.ts";
import { SHOW } from "../live/show.ts";
import { writeErr } from "../output/streams.ts";
import { platformOrWarn } from "../platform.ts";
import type { End, Invocation } from "../verb.ts";

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
    name: {
      type: "string",
      valueHint: "name",
      description: "The step's name (default within record: its script's, or program's)",
    },
    "step-num": {
      type: "string",
      valueHint: "n",
      description: "Its number: order and file names (default: 0; within record the run's next one)",
    },
    "work-dir": { type: "string", valueHint: "dir", description: "Its working directory (default: the current one)" },
    "script-path": { type: "string", valueHint: "file", description: "The script that it runs; stored" },
    ...stepArgs,
    show: {
      type: "enum",
      options: [...SHOW],
      default: "none",
      description: "What of its output the console gets as well",
    },
    ...traceArgs,
    ...kvArg,
  },
  async run({ args, data }): Promise<End> {
    const spec = specOf(args, data);
    const db = required("exec", args, "db");
    // The platform notes which descriptors the caller left open, so it comes before anything is opened here.
    const platform = await platformOrWarn();
    const show = choiceOf("exec", "show", args.show, SHOW);
    const shown = show === "none" ? null : (await import("../live/exec-show.ts")).shownStep(show, spec.redactor);
    const step = await recordStep(new Connection(db), platform, spec, shown ? { onOutput: shown.onOutput } : {});
    await shown?.end(step, spec);
    writeErr(linesOf(step));
    for (const text of warningsOf(step)) (await import("../output/console.ts")).warn(text);
    // A signal comes first: the caller must stop, whatever became of the recording.
    if (step.endBySignal !== undefined) return { signal: step.endBySignal };
    return args.strict && step.problems.length > 0 ? exitCode.recorder : step.code;
  },
});

function specOf(args: { readonly [flag: string]: unknown }, data: Invocation): StepSpec {
  const text = (flag: string) => (args[flag] as string | undefined) ?? "";
  const argv = [...data.positionals, ...(data.rest ?? [])];
  if (argv.length === 0) throw usageError("exec needs a command after --", seeHelp("exec"));
  required("exec", args, "db");
  return {
    runId: required("exec", args, "run-id"),
    rootDir: required("exec", args, "root-dir"),
    logDir: required("exec", args, "log-dir"),
    // Within a run that the environment names, a harness may not know names: prove --exec 'scenariolog exec --' t/
    name:
      args["run-id"] === undefined && !args.name
        ? nameOfCommand(argv as [string, ...string[]])
        : requiredFlag("exec", args, "name"),
    num: args["step-num"] === undefined ? 0 : integerOf("step-num", text("step-num"), 0),
    takesNextNum: args["step-num"] === undefined && args["run-id"] === undefined,
    scriptPath: text("script-path"),
    workDir: text("work-dir"),
    ...stepOptionsOf("exec", args),
    ...traceOptionsOf("exec", args, data.flags.redact as string[] | undefined, "never"),
    tags: tagsOf((data.flags.kv as string[] | undefined) ?? []),
    argv: argv as [string, ...string[]],
  };
}

/**
 * What harnesses read from stderr: of a step with one attempt byte for byte the Go build's. Ids and paths may hold
 * anything; what a terminal would obey is shown instead.
 */
function linesOf({ stepId, code, durationMs, stdoutPath, stderrPath, exit, attempts, flaky }: RecordedStep): string {
  const tries = attempts === 1 ? "" : ` attempts=${attempts}${flaky ? " FLAKY" : ""}`;
  const lines = [
    `[scenariolog] step=${stepId} exit=${code} duration_ms=${durationMs} stdout=${stdoutPath} stderr=${stderrPath}${tries}`,
  ];
  if (code !== 0) lines.push(`Error: step ${stepId} exited with code ${code}`);
  if (exit.kind === "not-started") lines.push(`  ${exit.reason}`, ...(exit.hint ? [`  ${exit.hint}`] : []));
  return lines.map((line) => `${visible(line)}\n`).join("");
}
