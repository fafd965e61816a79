import path from "node:path";
import { defineCommand } from "citty";
import { exitCode, usageError } from "../../errors.ts";
import type { RunSpec } from "../../recorder/run/run.ts";
import type { SuiteResult } from "../../recorder/run/suite.ts";
import { visible } from "../../render/text.ts";
import { optional } from "../argv/context.ts";
import { durationMsOf } from "../argv/duration.ts";
import { dbArg, kvArg, provenanceArg, rootDirArg } from "../argv/flags.ts";
import { tagsOf } from "../argv/kv.ts";
import { integerOf, seeHelp } from "../argv/parse.ts";
import { provenanceFor } from "../argv/provenance.ts";
import { choiceOf, stepArgs, stepOptionsOf } from "../argv/step-flags.ts";
import { traceArgs, traceOptionsOf } from "../argv/trace-flags.ts";
import { SHOW } from "../live/show.ts";
import { summaryLines } from "../live/suite-summary.ts";
import { writeErr, writeOut } from "../output/streams.ts";
import { platformOrWarn } from "../platform.ts";
import type { End, Invocation } from "../verb.ts";

type Args = { readonly [flag: string]: unknown };

const DATABASE = ".scenario-run.db";

export default defineCommand({
  args: {
    db: { ...dbArg.db, description: `The database (or SCENARIOLOG_DB; default ${DATABASE})` },
    "root-dir": { ...rootDirArg["root-dir"], description: `${rootDirArg["root-dir"].description}; default: here` },
    "log-dir": {
      type: "string",
      valueHint: "dir",
      description: "Where log files go (default: .logs/<run id> in the root)",
    },
    suite: { type: "string", valueHint: "name", description: "The suite's name (default: that of the root directory)" },
    "run-id": { type: "string", valueHint: "id", description: "The run's id; generated when absent or empty" },
    ...kvArg,
    ...provenanceArg,
    "keep-going": {
      type: "boolean",
      alias: "k",
      default: false,
      description: "Run the steps behind one that fails, too",
    },
    from: { type: "string", valueHint: "step", description: "Begin with this step" },
    only: {
      type: "string",
      valueHint: "pattern",
      description: "Run these steps only: number, name or glob; repeatable",
    },
    skip: { type: "string", valueHint: "pattern", description: "Leave these steps out; repeatable" },
    deadline: {
      type: "string",
      default: "0",
      valueHint: "duration",
      description: "End the run after this; 0 is never",
    },
    jobs: {
      type: "string",
      default: "1",
      valueHint: "n",
      description: "Run so many neighbours at once that have a line: # scenariolog: independent",
    },
    "dry-run": { type: "boolean", default: false, description: "Print the steps, and do nothing" },
    show: {
      type: "enum",
      options: [...SHOW],
      default: "failed",
      description: "What of a step's output the console gets as well",
    },
    heartbeat: {
      type: "string",
      default: "60s",
      valueHint: "duration",
      description: "Where lines are not redrawn: how long a step may be silent until a line says so; 0 is for ever",
    },
    ...stepArgs,
    ...traceArgs,
  },
  async run({ args, data }): Promise<End> {
    if (data.positionals.length > 0) return await recordSteps(args, data);
    if (data.rest?.[0] !== undefined) return await recordCommand(args, data, data.rest as [string, ...string[]]);
    throw usageError("record needs steps, or a command behind --", "for example: scenariolog record scripts/");
  },
});

async function recordSteps(args: Args, data: Invocation): Promise<End> {
  const { planOf } = await import("../../recorder/run/plan.ts");
  const { selected } = await import("../../recorder/run/selection.ts");
  const jobs = integerOf("jobs", String(args.jobs), 1);
  const { steps: all, leftOut } = planOf(data.positionals);
  const steps = selected(all, {
    from: args.from as string | undefined,
    only: listOf(data, "only"),
    skip: listOf(data, "skip"),
  });
  const spec = {
    ...whereOf(args, data),
    steps,
    args: data.rest ?? [],
    options: { ...stepOptionsOf("record", args), ...traceOptions(args, data) },
    keepGoing: args["keep-going"] === true,
    jobs,
    deadlineMs: durationMsOf("deadline", String(args.deadline)),
  };
  const show = choiceOf("record", "show", String(args.show), SHOW);
  const heartbeatMs = durationMsOf("heartbeat", String(args.heartbeat));
  const { leftOutLines } = await import("../live/left-out.ts");
  if (args["dry-run"]) {
    for (const { level, text } of leftOutLines(leftOut)) (await import("../output/console.ts"))[level](text);
    for (const { num, name, script, independent } of steps) {
      const title = `${String(num).padStart(2, "0")} ${name}`;
      writeOut(`${visible(`${title}  ${script}${independent ? "  (independent)" : ""}`)}\n`);
    }
    return exitCode.ok;
  }
  // Looks at what the caller left open, so before anything is opened here.
  const platform = await platformOrWarn();
  const { recordSuite } = await import("../../recorder/run/suite.ts");
  const { createConsole } = await import("../live/console.ts");
  const live = await createConsole({ show, heartbeatMs, redactor: spec.options.redactor });
  try {
    for (const { level, text } of leftOutLines(leftOut)) {
      if (level === "warn") live.warned(text);
      else live.say(`[scenariolog] note: ${visible(text)}`);
    }
    const run = { ...spec.run, provenance: await provenanceFor(args, spec.run.rootDir) };
    const result = await recordSuite(platform, { ...spec, run }, live);
    await live.close();
    return endOf(args, spec.database, result);
  } finally {
    await live.close();
  }
}

async function recordCommand(args: Args, data: Invocation, argv: readonly [string, ...string[]]): Promise<End> {
  for (const flag of ["from", "only", "skip"]) {
    if (args[flag] !== undefined) throw usageError(`--${flag} is for steps, not for a harness`, seeHelp("record"));
  }
  const { graceMs, skipCode } = stepOptionsOf("record", args);
  const spec = {
    ...whereOf(args, data),
    argv,
    graceMs,
    skipCode: skipCode ?? null,
    trace: traceOptions(args, data),
    deadlineMs: durationMsOf("deadline", String(args.deadline)),
  };
  if (args["dry-run"]) {
    writeOut(`${visible(argv.join(" "))}\n`);
    return exitCode.ok;
  }
  const platform = await platformOrWarn();
  const { recordHarness } = await import("../../recorder/run/harness.ts");
  const run = { ...spec.run, provenance: await provenanceFor(args, spec.run.rootDir) };
  const result = await recordHarness(platform, { ...spec, run });
  const { exit } = result;
  if (exit.kind === "not-started") {
    writeErr(`${visible(`Error: ${exit.reason}`)}\n${exit.hint ? `  ${visible(exit.hint)}\n` : ""}`);
  }
  for (const problem of result.problems) (await import("../output/console.ts")).warn(problem);
  return endOf(args, spec.database, result);
}

/** A suite is recorded to know why it failed; what passes leaves no trace. */
function traceOptions(args: Args, data: Invocation) {
  return traceOptionsOf("record", args, data.flags.redact as string[] | undefined, "auto");
}

function whereOf(args: Args, data: Invocation): { database: string; run: RunSpec; logDir: string | undefined } {
  const rootDir = path.resolve(optional(args, "root-dir") ?? ".");
  return {
    database: optional(args, "db") ?? DATABASE,
    run: {
      rootDir,
      suite: (args.suite as string | undefined) ?? path.basename(rootDir),
      runId: (args["run-id"] as string | undefined) ?? "",
      tags: tagsOf(listOf(data, "kv")),
      redactor: traceOptions(args, data).redactor,
      provenance: null,
    },
    logDir: optional(args, "log-dir"),
  };
}

function listOf(data: Invocation, flag: string): string[] {
  return (data.flags[flag] as string[] | undefined) ?? [];
}

function endOf(args: Args, database: string, result: SuiteResult): End {
  writeErr(summaryLines(database, result));
  if (result.endBySignal !== undefined) return { signal: result.endBySignal };
  return args.strict && result.problems.length > 0 ? exitCode.recorder : result.code;
}
