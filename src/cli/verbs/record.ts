import fs from "node:fs";
import path from "node:path";
import { defineCommand } from "citty";
import { exitCode, usageError } from "../../errors.ts";
import { STREAMS, type Stream } from "../../model/ids.ts";
import { CWD_TAG, RECORD_TAG } from "../../model/tags.ts";
import type { PlannedStep } from "../../recorder/run/plan.ts";
import type { RunSpec } from "../../recorder/run/run.ts";
import type { Selection } from "../../recorder/run/selection.ts";
import type { SuiteSpec } from "../../recorder/run/suite.ts";
import type { SuiteResult } from "../../recorder/run/suite-result.ts";
import { visible } from "../../render/text.ts";
import { optional } from "../argv/context.ts";
import { durationMsOf } from "../argv/duration.ts";
import { DATABASE_NAME, findDatabase } from "../argv/find-database.ts";
import { tagsOf } from "../argv/kv.ts";
import { integerOf, type ParsedLine, seeHelp } from "../argv/parse.ts";
import { provenanceFor } from "../argv/provenance.ts";
import { CAPTURE, recordArgs } from "../argv/record-args.ts";
import { repeatableWords } from "../argv/repeat-run.ts";
import { choiceOf, stepOptionsOf } from "../argv/step-flags.ts";
import { traceOptionsOf } from "../argv/trace-flags.ts";
import { SHOW } from "../live/show.ts";
import { summaryLines } from "../live/suite-summary.ts";
import { isTerminal } from "../output/reader.ts";
import { writeErr, writeOut } from "../output/streams.ts";
import { platformOrWarn } from "../platform.ts";
import type { End } from "../verb.ts";

type Line = Omit<ParsedLine, "help">;

export default defineCommand({
  args: recordArgs,
  async run({ rawArgs, data }): Promise<End> {
    const line: Line = data;
    if (line.flags.failed || line.flags["from-failed"]) return await recordAgain(line, rawArgs);
    if (line.positionals.length > 0) return await recordSteps(line);
    if (line.rest?.[0] !== undefined) return await recordCommand(line, line.rest as [string, ...string[]]);
    throw usageError("record needs steps, or a command after --", "for example: scenariolog record scripts/");
  },
});

/** Repeats the last run of the database, of the suite if that is given, without the steps that passed. */
async function recordAgain(given: Line, rawArgs: readonly string[]): Promise<End> {
  for (const flag of ["from", "only"]) {
    if (given.flags[flag] === undefined) continue;
    throw usageError(`--failed and --from-failed choose the steps; --${flag} does so too`, seeHelp("record"));
  }
  const { file } = databaseOf(given);
  const { openForReading } = await import("../../store/open.ts");
  const { lastResults, stepKey } = await import("../../report/last-results.ts");
  const store = openForReading(file);
  const last = lastResults(store, text(given, "suite") ?? null);
  store.close();
  if (last === null) throw usageError(`no run in ${file} was made by record`, "run it without --failed first");
  const { repeatedLine } = await import("../argv/repeat-run.ts");
  const line = repeatedLine(last, rawArgs);
  const isDue = ({ num, name }: PlannedStep) => last.again.get(stepKey(num, name)) ?? true;
  return await recordSteps(line, { isDue, on: given.flags["from-failed"] === true });
}

async function recordSteps(line: Line, again?: Selection["again"]): Promise<End> {
  const { flags } = line;
  const { planOf } = await import("../../recorder/run/plan.ts");
  const { selected } = await import("../../recorder/run/selection.ts");
  const jobs = integerOf("jobs", String(flags.jobs), 1);
  const { steps: all, leftOut: noSteps } = planOf(line.positionals);
  const selection = { from: text(line, "from"), only: listOf(line, "only"), skip: listOf(line, "skip") };
  const steps = selected(all, { ...selection, ...(again && { again }) });
  const where = whereOf(line);
  const spec = {
    ...where,
    steps,
    leftOut: all.filter((step) => !steps.includes(step)),
    args: line.rest ?? [],
    options: { ...stepOptionsOf("record", flags), ...traceOptions(line) },
    keepGoing: flags["keep-going"] === true,
    jobs,
    deadlineMs: durationMsOf("deadline", String(flags.deadline)),
  };
  const show = choiceOf("record", "show", String(flags.show), SHOW);
  const heartbeatMs = durationMsOf("heartbeat", String(flags.heartbeat));
  const { leftOutLines } = await import("../live/left-out.ts");
  if (steps.length === 0) {
    writeErr("[scenariolog] note: no step failed the last time that it was run, so there is nothing to do\n");
    return exitCode.ok;
  }
  if (flags["dry-run"]) {
    for (const { level, text } of leftOutLines(noSteps)) (await import("../output/console.ts"))[level](text);
    for (const { num, name, script, independent } of steps) {
      const title = `${String(num).padStart(2, "0")} ${name}`;
      writeOut(`${visible(`${title}  ${script}${independent ? "  (independent)" : ""}`)}\n`);
    }
    return exitCode.ok;
  }
  // It looks at the descriptors that the caller left open, so it comes before anything is opened here.
  const platform = await platformOrWarn();
  const { recordSuite } = await import("../../recorder/run/suite.ts");
  const { createConsole } = await import("../live/console.ts");
  const remaining = isTerminal(2) ? await remainingTime(spec) : undefined;
  const live = await createConsole({ show, heartbeatMs, redactor: spec.options.redactor, remaining });
  try {
    for (const { level, text } of leftOutLines(noSteps)) {
      if (level === "warn") live.warned(text);
      else live.say(`[scenariolog] note: ${visible(text)}`);
    }
    for (const note of await prepare(where)) live.say(`[scenariolog] note: ${visible(note)}`);
    const run = { ...spec.run, provenance: await provenanceFor(flags, spec.run.rootDir) };
    const result = await recordSuite(platform, { ...spec, run }, live);
    await live.close();
    return endOf(line, spec.database, result, live.failures);
  } finally {
    await live.close();
  }
}

async function recordCommand(line: Line, argv: readonly [string, ...string[]]): Promise<End> {
  const { flags } = line;
  for (const flag of ["from", "only", "skip"]) {
    if (flags[flag] !== undefined) throw usageError(`--${flag} is for steps, not for a harness`, seeHelp("record"));
  }
  const { graceMs, leakTimeoutMs, skipCode } = stepOptionsOf("record", flags);
  const where = whereOf(line);
  const spec = {
    ...where,
    argv,
    graceMs,
    leakTimeoutMs,
    skipCode: skipCode ?? null,
    trace: traceOptions(line),
    captured: capturedStreams(choiceOf("record", "capture", String(flags.capture), CAPTURE)),
    deadlineMs: durationMsOf("deadline", String(flags.deadline)),
  };
  if (flags["dry-run"]) {
    writeOut(`${visible(argv.join(" "))}\n`);
    return exitCode.ok;
  }
  const platform = await platformOrWarn();
  for (const note of await prepare(where)) writeErr(`[scenariolog] note: ${visible(note)}\n`);
  const { recordHarness } = await import("../../recorder/run/harness.ts");
  const run = { ...spec.run, provenance: await provenanceFor(flags, spec.run.rootDir) };
  const { harnessLine } = await import("../live/harness-line.ts");
  const watcher = spec.captured.includes("stderr") ? await harnessLine(argv, spec.trace.redactor) : null;
  const result = await recordHarness(platform, { ...spec, run, watcher: watcher ?? undefined }).finally(() =>
    watcher?.stop(),
  );
  const { exit } = result;
  if (exit.kind === "not-started") {
    writeErr(`${visible(`Error: ${exit.reason}`)}\n${exit.hint ? `  ${visible(exit.hint)}\n` : ""}`);
  }
  for (const problem of result.problems) (await import("../output/console.ts")).warn(problem);
  const { againLine } = await import("../live/verdict.ts");
  const { failedPlaceOf } = await import("../live/failed-place.ts");
  const { redactor } = spec.trace;
  const failures = result.failures.map(({ step, end }) => againLine(step, end, failedPlaceOf(end, redactor)));
  return endOf(line, spec.database, result, failures);
}

/** Attached to a terminal, a harness may ask it for its size, colour, redraw, or let sudo ask for a password. */
function capturedStreams(mode: (typeof CAPTURE)[number]): Stream[] {
  return STREAMS.filter((stream) => mode === "always" || (mode === "auto" && !isTerminal(stream === "stdout" ? 1 : 2)));
}

/** From earlier runs of the suite; undefined if they cannot be read. */
async function remainingTime({ database, run, steps, jobs }: Pick<SuiteSpec, "database" | "run" | "steps" | "jobs">) {
  const { openForReading } = await import("../../store/open.ts");
  const { usualDurations } = await import("../../report/history/usual-durations.ts");
  const { RemainingTime } = await import("../live/remaining-time.ts");
  try {
    const store = openForReading(database);
    const usual = usualDurations(store, run.suite);
    store.close();
    return new RemainingTime(steps, usual, jobs);
  } catch {
    return undefined; // the first run
  }
}

/** The default is auto: a suite is recorded to learn why it failed, and a step that passes leaves no trace. */
function traceOptions({ flags }: Line) {
  return traceOptionsOf("record", flags, flags.redact as string[] | undefined, "auto");
}

interface Where {
  readonly database: string;
  /** Nobody named it: it is the nearest one, or a new one here. */
  readonly isDefault: boolean;
  readonly run: RunSpec;
  readonly logDir: string | undefined;
}

function whereOf(line: Line): Where {
  const rootDir = path.resolve(optional(line.flags, "root-dir") ?? ".");
  const { redactor } = traceOptions(line);
  const { file, isDefault } = databaseOf(line);
  const tags = tagsOf(listOf(line, "kv"));
  const own = [
    [RECORD_TAG, JSON.stringify(redactor.args(repeatableWords(line)))],
    [CWD_TAG, process.cwd() === rootDir ? "" : process.cwd()],
  ] as const;
  return {
    database: file,
    isDefault,
    run: {
      rootDir,
      suite: text(line, "suite") ?? path.basename(rootDir),
      runId: text(line, "run-id") ?? "",
      tags: new Map([...tags, ...own]),
      redactor,
      provenance: null,
    },
    logDir: optional(line.flags, "log-dir"),
  };
}

/** As named, else the nearest one here or above, as all other verbs find it, else a new one here. */
function databaseOf({ flags }: Line): { readonly file: string; readonly isDefault: boolean } {
  const named = optional(flags, "db");
  if (named !== undefined) return { file: named, isDefault: false };
  const found = findDatabase(".");
  return { file: found === null ? DATABASE_NAME : path.relative(process.cwd(), found), isDefault: true };
}

/** Sees to it that git does not see a new database. Returns what the user should know before the first step, a line each. */
async function prepare({ database, isDefault }: Where): Promise<string[]> {
  const notes: string[] = [];
  if (isDefault && database !== DATABASE_NAME) notes.push(`recording into ${database}, the nearest database`);
  if (!isDefault || fs.existsSync(database)) return notes;
  const { hideDatabase } = await import("../../recorder/run/git/ignore-file.ts");
  const line = hideDatabase(database);
  if (line !== null) notes.push(`git sees ${database}; to keep it out: echo '${line}' >> .gitignore`);
  return notes;
}

function text({ flags }: Line, flag: string): string | undefined {
  return flags[flag] as string | undefined;
}

function listOf({ flags }: Line, flag: string): string[] {
  return (flags[flag] as string[] | undefined) ?? [];
}

function endOf(line: Line, database: string, result: SuiteResult, failures: readonly string[] = []): End {
  writeErr(summaryLines(database, result, failures));
  if (result.endBySignal !== undefined) return { signal: result.endBySignal };
  return line.flags.strict && result.problems.length > 0 ? exitCode.recorder : result.code;
}
