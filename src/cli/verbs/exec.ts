import { defineCommand } from "citty";
import { thisPlatform } from "../../capture/child.ts";
import { exitCode, usageError } from "../../errors.ts";
import type { StepSpec } from "../../model/step.ts";
import { type RecordedStep, recordStep } from "../../recorder/step.ts";
import { visible } from "../../render/text.ts";
import { dbArg, kvArg, rootDirArg } from "../args.ts";
import { required, requiredFlag } from "../context.ts";
import { durationMsOf } from "../duration.ts";
import { tagsOf } from "../kv.ts";
import { integerOf, seeHelp } from "../parse.ts";
import { bytesOf } from "../size.ts";
import { writeErr } from "../streams.ts";
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
    name: { type: "string", valueHint: "name", description: "The step's name" },
    "step-num": { type: "string", default: "0", valueHint: "n", description: "Its number: order and file names" },
    "work-dir": { type: "string", valueHint: "dir", description: "Its working directory (default: the current one)" },
    "script-path": { type: "string", valueHint: "file", description: "The script that it runs; stored" },
    stdin: { type: "enum", options: ["null", "inherit"], default: "null", description: "What the step reads from" },
    timeout: {
      type: "string",
      default: "0",
      valueHint: "duration",
      description: "End the step after this; 0 is never",
    },
    grace: {
      type: "string",
      default: "10s",
      valueHint: "duration",
      description: "From a signal or the timeout to SIGKILL for all that is left",
    },
    "leak-timeout": {
      type: "string",
      default: "500ms",
      valueHint: "duration",
      description: "How long what the step leaves behind may hold its output open",
    },
    "on-leak": {
      type: "enum",
      options: ["warn", "fail", "kill"],
      default: "warn",
      description: "What then: warn and go on, fail the step, or kill what holds it",
    },
    index: {
      type: "enum",
      options: ["all", "stderr", "none"],
      default: "all",
      description: "Which logs are indexed; index fts adds the others",
    },
    "index-limit": {
      type: "string",
      default: "none",
      valueHint: "size",
      description: "Index no more of each log: 500k, 100M, 2G; search says that there is more",
    },
    retries: { type: "string", default: "0", valueHint: "n", description: "Further attempts of a step that fails" },
    "retry-delay": { type: "string", default: "0", valueHint: "duration", description: "Pause before each of them" },
    "flaky-result": {
      type: "enum",
      options: ["pass", "fail"],
      default: "pass",
      description: "What a step counts as that passes at a later attempt",
    },
    strict: { type: "boolean", default: false, description: "Exit with 125 when anything could not be recorded" },
    ...kvArg,
  },
  async run({ args, data }): Promise<End> {
    const spec = specOf(args, data);
    const db = required("exec", args, "db");
    // Looks at what the caller left open, so before anything is opened here.
    const platform = await thisPlatform();
    const step = await recordStep(db, platform, spec);
    writeErr(linesOf(step));
    for (const text of warningsOf(step)) (await import("../console.ts")).warn(text);
    // First: the caller is to stop, whatever became of the recording.
    if (step.endBySignal !== undefined) return { signal: step.endBySignal };
    return args.strict && step.problems.length > 0 ? exitCode.recorder : step.code;
  },
});

function specOf(args: { readonly [flag: string]: unknown }, data: Invocation): StepSpec {
  const text = (flag: string) => (args[flag] as string | undefined) ?? "";
  const argv = [...data.positionals, ...(data.rest ?? [])];
  if (argv.length === 0) throw usageError("exec needs a command behind --", seeHelp("exec"));
  const duration = (flag: string) => durationMsOf(flag, text(flag));
  required("exec", args, "db");
  return {
    runId: required("exec", args, "run-id"),
    rootDir: required("exec", args, "root-dir"),
    logDir: required("exec", args, "log-dir"),
    name: requiredFlag("exec", args, "name"),
    num: integerOf("step-num", text("step-num"), 0),
    scriptPath: text("script-path"),
    workDir: text("work-dir"),
    stdin: choiceOf("stdin", text("stdin"), ["null", "inherit"]),
    timeoutMs: duration("timeout"),
    graceMs: duration("grace"),
    leakTimeoutMs: duration("leak-timeout"),
    onLeak: choiceOf("on-leak", text("on-leak"), ["warn", "fail", "kill"]),
    index: choiceOf("index", text("index"), ["all", "stderr", "none"]),
    indexLimitBytes:
      text("index-limit") === "none" ? Number.POSITIVE_INFINITY : bytesOf("index-limit", text("index-limit")),
    retries: integerOf("retries", text("retries"), 0),
    retryDelayMs: duration("retry-delay"),
    flakyResult: choiceOf("flaky-result", text("flaky-result"), ["pass", "fail"]),
    tags: tagsOf((data.flags.kv as string[] | undefined) ?? []),
    argv: argv as [string, ...string[]],
  };
}

function choiceOf<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw usageError(`--${flag} ${JSON.stringify(text)} is none of ${choices.join(", ")}`, seeHelp("exec"));
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

function warningsOf({ stepId, leaks, problems }: RecordedStep): string[] {
  const warnings: string[] = [];
  if (leaks.length > 0) warnings.push(`step ${stepId} left behind what holds its output open: ${leaks.join("; ")}`);
  if (problems.length > 0) warnings.push(`step ${stepId} is not wholly recorded: ${problems.join("; ")}`);
  return warnings;
}
