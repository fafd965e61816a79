import path from "node:path";
import { runAttached } from "../../capture/attached.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import { messageOf } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { defaultLogDir, defaultLogsDir, logDirOf } from "../../files/paths.ts";
import type { Exit } from "../../model/exit.ts";
import type { Stream } from "../../model/ids.ts";
import type { StepEnd, StepProgress } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import type { StepOptions } from "../../model/step.ts";
import { fromEnv, toEnv } from "../../model/step-environment.ts";
import { PLANNED_TAG } from "../../model/tags.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { openForReading, openForWriting } from "../../store/open.ts";
import { countsOfRuns } from "../../store/run-counts.ts";
import { stepsOf } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { databaseName } from "../pending/places.ts";
import type { RunEnding } from "../rows/run-rows.ts";
import { runProcess, uncaptured, withControl } from "../step/process-life.ts";
import { makeUnseenDir } from "./git/ignore-file.ts";
import { HarnessOutput, type OutputWatcher } from "./harness-output.ts";
import { endRun, type RunSpec, startRun } from "./run.ts";
import { savedRunEnd } from "./run-ending.ts";
import type { SuiteCounts, SuiteResult } from "./suite-result.ts";
import { recordTap } from "./tap-steps.ts";

export interface HarnessSpec {
  /** Made when it is missing. */
  readonly database: string;
  readonly run: RunSpec;
  /** Relative to the run's root; undefined is `.logs/<run id>` beside the database. */
  readonly logDir: string | undefined;
  readonly argv: readonly [string, ...string[]];
  /** From a signal, or the deadline, to SIGKILL. */
  readonly graceMs: number;
  /** 0 is none. */
  readonly deadlineMs: number;
  /** For the calls of `exec` inside, which learn it from the environment. */
  readonly trace: Required<Pick<StepOptions, "trace" | "redactor" | "redactLogs">>;
  /** For the same calls. */
  readonly skipCode: number | null;
  /** Streams of its output that are kept with the run; the others are the user's own, as they are. */
  readonly captured: readonly Stream[];
  readonly watcher?: OutputWatcher | undefined;
  /** How long to go on reading from a process that it leaves running, in ms. */
  readonly leakTimeoutMs: number;
}

export interface HarnessResult extends SuiteResult {
  readonly exit: Exit;
  /** The files with its output. Absolute. */
  readonly outputFiles: readonly string[];
  /** Of the tests in its output, those that failed. */
  readonly failures: readonly { readonly step: StepProgress; readonly end: StepEnd }[];
}

/**
 * Runs a program that records its steps itself, with `scenariolog exec`, within a run that is started and ended here: the
 * environment tells it which. Its terminal is the user's. What it prints elsewhere is kept with the run, and if it records
 * no step, the tests in that output are the run's steps. Throws if the run cannot be started: no step could be recorded.
 */
export async function recordHarness(
  platform: Platform,
  spec: HarnessSpec,
  clock: Clock = systemClock,
): Promise<HarnessResult> {
  const startMs = clock.monotonicMs();
  const deadlineMs = spec.deadlineMs > 0 ? startMs + spec.deadlineMs : undefined;
  const limits = { graceMs: spec.graceMs, timeoutMs: 0, deadlineMs, hasTerminal: true };
  return await withControl(platform, limits, async (control) => {
    const { runId, startedAt, output } = start(spec, clock);
    const child = { argv: spec.argv, env: environmentOf(spec, runId), leakTimeoutMs: spec.leakTimeoutMs };
    const { captured, outcome } = await runProcess(clock, control, {
      run: async () =>
        output ? await output.run(platform, control, child) : uncaptured(await runAttached(platform, control, child)),
    });
    const { exit } = captured;
    const kept = await keepOutput(spec, runId, startedAt, output);
    const diedOf = outcome.endBySignal ?? diedWithAll(exit, control);
    const reason = diedOf !== undefined ? "interrupted" : outcome.reason === "timeout" ? "timeout" : null;
    const ended = await end(spec, runId, outcome.code, clock, { notRun: null, reason, signal: diedOf });
    const problems = [...captured.problems, ...kept.problems, ...ended];
    const counts = countsOf(spec, runId);
    return {
      runId,
      exit,
      code: outcome.code,
      endBySignal: diedOf,
      counts,
      durationMs: Math.floor(clock.monotonicMs() - startMs),
      pastDeadline: outcome.reason === "timeout",
      problems,
      outputFiles: output?.files ?? [],
      failures: kept.failures,
    };
  });
}

/** If Ctrl-C ended the harness, it has to end the script around this recorder as well. */
function diedWithAll(exit: Exit, { wasSentToGroup }: StepControl): NodeJS.Signals | undefined {
  return exit.kind === "signal" && wasSentToGroup !== null && exit.name === wasSentToGroup ? wasSentToGroup : undefined;
}

/** The database is not kept open: the harness may do with it what it likes. */
function start(
  spec: HarnessSpec,
  clock: Clock,
): { readonly runId: string; readonly startedAt: string; readonly output: HarnessOutput | null } {
  const tags = new Map([...spec.run.tags, [PLANNED_TAG, "0"]]);
  const startedAt = clock.now();
  const started = using(openForWriting(spec.database, { create: true }), (store) => {
    const runId = startRun(store, { ...spec.run, tags }, { ...clock, now: () => startedAt });
    if (spec.logDir === undefined) makeUnseenDir(defaultLogsDir(spec.database));
    if (spec.captured.length === 0) return { runId, output: null };
    const where = { streams: spec.captured, logDir: logDirFor(spec, runId), rootDir: spec.run.rootDir };
    const output = new HarnessOutput({ ...where, ...redactionOf(spec), watcher: spec.watcher }, clock);
    store.transaction(() => output.reserve(store, runId));
    return { runId, output };
  });
  return { ...started, startedAt };
}

/** Enters what the harness printed, and if it recorded no steps itself, the tests in it as steps. Never throws. */
async function keepOutput(
  spec: HarnessSpec,
  runId: string,
  startedAt: string,
  output: HarnessOutput | null,
): Promise<{ readonly problems: readonly string[]; readonly failures: HarnessResult["failures"] }> {
  if (output === null) return { problems: [], failures: [] };
  try {
    return await using(openForWriting(spec.database, { create: false }), async (store) => {
      const { redactor, redactLogs } = redactionOf(spec);
      takeMasks(redactor, store.path, runId);
      await output.record(store, runId);
      const documents = output.tap();
      if (documents === null || stepsOf(store, runId).length > 0) return { problems: output.problems, failures: [] };
      const target = { runId, rootDir: spec.run.rootDir, logDir: logDirFor(spec, runId), startedAt };
      const failures = await recordTap(store, { ...target, redactor, redactLogs }, documents);
      return { problems: output.problems, failures };
    });
  } catch (error) {
    const reason = `the harness's output is in ${output.files.join(", ")}, and not in the database: ${messageOf(error)}`;
    return { problems: [...output.problems, reason], failures: [] };
  }
}

function logDirFor({ run, logDir, database }: HarnessSpec, runId: string): string {
  return logDirOf(run.rootDir, logDir ?? defaultLogDir(database, runId));
}

function redactionOf({ trace: { redactor, redactLogs } }: HarnessSpec): { redactor: Redactor; redactLogs: boolean } {
  return { redactor, redactLogs };
}

function environmentOf(spec: HarnessSpec, runId: string): Record<string, string> {
  return toEnv({
    database: path.resolve(spec.database),
    runId,
    rootDir: path.resolve(spec.run.rootDir),
    logDir: logDirFor(spec, runId),
    ...spec.trace,
    skipCode: spec.skipCode,
    // The step around this recorder, if there is one, belongs to another run.
    ...(isInStep() && { stepId: "", attempt: null }),
  });
}

function isInStep(): boolean {
  const { stepId, attempt } = fromEnv();
  return stepId !== undefined || attempt !== null;
}

/** Returns what could not be recorded, a line each. */
async function end(spec: HarnessSpec, runId: string, code: number, clock: Clock, ending: RunEnding): Promise<string[]> {
  try {
    return await using(openForWriting(spec.database, { create: false }), async (store) => [
      ...(await endRun(store, runId, code, { clock, ending })),
    ]);
  } catch (error) {
    const logDir = logDirFor(spec, runId);
    const end = { completedAt: clock.now(), exitCode: code, ...ending };
    const rows = { database: databaseName(spec.database), run: { selector: runId, start: null, end }, attempt: null };
    return [await savedRunEnd(rows, logDir, error)];
  }
}

/** Null if they cannot be read: a database that takes no writes may still be readable. */
function countsOf({ database }: HarnessSpec, runId: string): SuiteCounts | null {
  try {
    const counts = using(openForReading(database), (store) => countsOfRuns(store, [runId]).get(runId)!);
    // Their recorders ended with the harness, or go on without it.
    return { ...counts, interrupted: counts.interrupted + counts.unfinished };
  } catch {
    return null;
  }
}

function using<T>(store: Store, work: (store: Store) => T): T {
  let result: T;
  try {
    result = work(store);
  } catch (error) {
    store.close();
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => store.close()) as T;
  store.close();
  return result;
}
