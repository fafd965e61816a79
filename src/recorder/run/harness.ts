import path from "node:path";
import { runAttached } from "../../capture/attached.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import { defaultLogDir, logDirOf } from "../../files/paths.ts";
import type { Exit } from "../../model/exit.ts";
import type { StepOptions } from "../../model/step.ts";
import { fromEnv, toEnv } from "../../model/step-environment.ts";
import { PLANNED_TAG } from "../../model/tags.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { openForReading, openForWriting } from "../../store/open.ts";
import { countsOfRuns } from "../../store/run-counts.ts";
import type { Store } from "../../store/store.ts";
import { databaseName } from "../pending/places.ts";
import type { RunEnding } from "../rows/run-rows.ts";
import { runProcess, uncaptured, withControl } from "../step/process-life.ts";
import { endRun, type RunSpec, startRun } from "./run.ts";
import { savedRunEnd } from "./run-ending.ts";
import type { SuiteCounts, SuiteResult } from "./suite.ts";

export interface HarnessSpec {
  /** Made when it is missing. */
  readonly database: string;
  readonly run: RunSpec;
  /** Relative to the run's root; undefined is `.logs/<run id>`. */
  readonly logDir: string | undefined;
  readonly argv: readonly [string, ...string[]];
  /** From a signal, or the deadline, to SIGKILL. */
  readonly graceMs: number;
  /** 0 is none. */
  readonly deadlineMs: number;
  /** For the calls of `exec` within, which the environment tells. */
  readonly trace: Required<Pick<StepOptions, "trace" | "redactor" | "redactLogs">>;
  /** For them as well. */
  readonly skipCode: number | null;
}

export interface HarnessResult extends SuiteResult {
  readonly exit: Exit;
}

/**
 * Runs a program that records its steps itself, with `scenariolog exec`, within a run that is started and ended here: the
 * environment tells it which. Its terminal is the user's. Throws when the run cannot be started: no step could be recorded.
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
    const runId = start(spec, clock);
    const { captured, outcome } = await runProcess(clock, control, {
      run: async () =>
        uncaptured(await runAttached(platform, control, { argv: spec.argv, env: environmentOf(spec, runId) })),
    });
    const { exit } = captured;
    const diedOf = outcome.endBySignal ?? diedWithAll(exit, control);
    const reason = diedOf !== undefined ? "interrupted" : outcome.reason === "timeout" ? "timeout" : null;
    const problems = await end(spec, runId, outcome.code, clock, { notRun: null, reason, signal: diedOf });
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
    };
  });
}

/** Ctrl-C ended it, and is to end the script that we were called from. */
function diedWithAll(exit: Exit, { wasSentToGroup }: StepControl): NodeJS.Signals | undefined {
  return exit.kind === "signal" && wasSentToGroup !== null && exit.name === wasSentToGroup ? wasSentToGroup : undefined;
}

/** The database is not kept open: the harness may do with it what it likes. */
function start(spec: HarnessSpec, clock: Clock): string {
  const tags = new Map([...spec.run.tags, [PLANNED_TAG, "0"]]);
  return using(openForWriting(spec.database, { create: true }), (store) =>
    startRun(store, { ...spec.run, tags }, clock),
  );
}

function environmentOf(spec: HarnessSpec, runId: string): Record<string, string> {
  const { rootDir } = spec.run;
  return toEnv({
    database: path.resolve(spec.database),
    runId,
    rootDir: path.resolve(rootDir),
    logDir: logDirOf(rootDir, spec.logDir ?? defaultLogDir(runId)),
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

/** Returns what could not be recorded. */
async function end(spec: HarnessSpec, runId: string, code: number, clock: Clock, ending: RunEnding): Promise<string[]> {
  try {
    return await using(openForWriting(spec.database, { create: false }), async (store) => [
      ...(await endRun(store, runId, code, { clock, ending })),
    ]);
  } catch (error) {
    const logDir = logDirOf(spec.run.rootDir, spec.logDir ?? defaultLogDir(runId));
    const end = { completedAt: clock.now(), exitCode: code, ...ending };
    const rows = { database: databaseName(spec.database), run: { selector: runId, start: null, end }, attempt: null };
    return [await savedRunEnd(rows, logDir, error)];
  }
}

/** Null if they cannot be read. What takes no writes may well be readable. */
function countsOf({ database }: HarnessSpec, runId: string): SuiteCounts | null {
  try {
    const counts = using(openForReading(database), (store) => countsOfRuns(store, [runId]).get(runId)!);
    // Their recorders have gone with the harness, or go on without it.
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
