import path from "node:path";
import { type Captured, type CaptureSpec, capture } from "../../capture/capture.ts";
import { StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import { MarkTape } from "../../files/timeline.ts";
import type { Exit } from "../../model/exit.ts";
import type { FailedPlace } from "../../model/progress.ts";
import { MASKS_TAG } from "../../model/redact/masks.ts";
import type { StepSpec } from "../../model/step.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { type Outcome, outcomeOf } from "../rows/outcome.ts";
import type { Connection } from "./connection.ts";
import { StepJournal } from "./journal.ts";
import { checkWorkDir, openLogs } from "./logs.ts";
import { MaskWatch } from "./mask-watch.ts";
import { redactionEnv } from "./redaction-env.ts";
import { saidBy } from "./said.ts";
import { skipEnv } from "./skip-env.ts";
import type { KeepTrace } from "./traced-attempt.ts";

/** How an attempt of a step ended; of the last one, how the step did. */
export interface AttemptResult {
  /** As stored in `steps.exit_code`, and what the caller is to see. */
  readonly code: number;
  readonly reason: Outcome["reason"];
  readonly skipReason: Outcome["skipReason"];
  readonly durationMs: number;
  /** Paths as stored: relative to root_dir where they lie in it. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** How many there were by then. */
  readonly attempts: number;
  /** Passed, but not at the first attempt. */
  readonly flaky: boolean;
  /** What the trace of a failed attempt says; null or absent if there is none. */
  readonly failedAt?: FailedPlace | null;
}

export interface RecordedStep extends AttemptResult {
  readonly stepId: string;
  readonly exit: Exit;
  /** The recorder is to end by this signal, as the step would have made its caller see. */
  readonly endBySignal: NodeJS.Signals | undefined;
  /** What was left behind by the step, and what could not be recorded: a line each. */
  readonly leaks: readonly string[];
  readonly problems: readonly string[];
  /** What became of rows of other steps that waited for the database, a line each. */
  readonly notes: readonly string[];
}

export interface RecordOptions {
  readonly clock?: Clock;
  /** Leaves the connection open for the next step. */
  readonly keepOpen?: boolean;
  /** A reading of Bun.nanoseconds(), in ms, at which the step is ended as by a timeout. */
  readonly deadlineMs?: number | undefined;
  /** See CaptureSpec. */
  readonly onOutput?: CaptureSpec["onOutput"];
  /** Told of an attempt that is followed by another. */
  readonly onAttemptEnd?: (result: AttemptResult) => void;
}

/**
 * Runs one step, again as often as the spec's retries say, and keeps what it wrote. The row exists before the process
 * starts. What is the caller's mistake is thrown before that; nothing is thrown after it: a recording that fails is
 * a problem in the result.
 */
export async function recordStep(
  connection: Connection,
  platform: Platform,
  asked: StepSpec,
  options: RecordOptions = {},
): Promise<RecordedStep> {
  const { clock = systemClock, keepOpen = false, deadlineMs } = options;
  if (asked.workDir !== "") checkWorkDir(asked.workDir);
  // Before the row: a signal that comes now must find it closed, not open.
  const control = new StepControl(platform, { ...asked, deadlineMs });
  const journal = new StepJournal(connection, asked, !keepOpen);
  try {
    await journal.open();
    journal.takeNumber(clock.now());
    const { spec } = journal;
    const leaks: string[] = [];
    let failedCode = 0;
    for (let attempt = 1; ; attempt++) {
      const { captured, outcome, completedAt, durationMs, marks, keepTrace } = await runAttempt(
        journal,
        platform,
        control,
        options,
      );
      leaks.push(...leaksOf(captured));
      const again =
        failed(outcome) &&
        attempt <= spec.retries &&
        captured.exit.kind !== "not-started" &&
        control.cause?.kind !== "signal" &&
        !control.isPastDeadline;
      const flaky = outcome.code === 0 && attempt > 1;
      const code = flaky && spec.flakyResult === "fail" ? failedCode : outcome.code;
      const end = { outcome: { ...outcome, code }, flaky, completedAt, durationMs, marks };
      const paths = await journal.finish(captured, end, control);
      keepTrace?.(failed(outcome) ? outcome.code : 0, completedAt);
      const { reason, skipReason } = outcome;
      const result = { ...paths, code, reason, skipReason, durationMs, attempts: attempt, flaky };
      if (again) {
        options.onAttemptEnd?.(result);
        failedCode = outcome.code;
        control.settle();
        if (await pausedFor(spec.retryDelayMs, control)) continue;
      }
      await journal.complete(control);
      await control.close();
      return {
        ...result,
        stepId: journal.stepId,
        exit: captured.exit,
        endBySignal: outcome.endBySignal ?? lateSignal(control),
        leaks,
        problems: journal.problems,
        notes: journal.notes,
      };
    }
  } finally {
    journal.close();
    control.release();
  }
}

/** A step that is skipped has a code other than 0, and has not failed. */
export function failed({ code, reason }: Pick<AttemptResult, "code" | "reason">): boolean {
  return code !== 0 && reason !== "skipped";
}

async function runAttempt(
  journal: StepJournal,
  platform: Platform,
  control: StepControl,
  { clock = systemClock, onOutput }: RecordOptions,
): Promise<{
  captured: Captured;
  outcome: Outcome;
  completedAt: string;
  durationMs: number;
  marks: MarkTape;
  keepTrace: KeepTrace | undefined;
}> {
  const { spec } = journal;
  const logs = openLogs(spec);
  const traced = isTraced(spec) ? (await import("./traced-attempt.ts")).traceAttempt(journal, logs) : undefined;
  const attempt = await journal.begin(logs, clock.now());
  const startMs = clock.monotonicMs();
  const marks = new MarkTape(startMs);
  const endWatch = journal.watch();
  const masks = spec.redactor && new MaskWatch(spec.redactor, { database: journal.database, runId: journal.runId });
  const captured = await capture(platform, control, {
    argv: spec.argv,
    cwd: spec.workDir === "" ? undefined : spec.workDir,
    env: {
      SCENARIOLOG_DB: path.resolve(journal.database),
      SCENARIOLOG_RUN_ID: journal.runId,
      SCENARIOLOG_ROOT_DIR: path.resolve(spec.rootDir),
      SCENARIOLOG_LOG_DIR: logs.dir,
      SCENARIOLOG_STEP_ID: journal.stepId,
      SCENARIOLOG_ATTEMPT: String(attempt),
      ...redactionEnv(spec),
      ...skipEnv(spec),
      ...traced?.env,
    },
    stdin: spec.stdin,
    stdout: logs.stdout,
    stderr: logs.stderr,
    leakTimeoutMs: spec.leakTimeoutMs,
    killLeaked: spec.onLeak === "kill",
    onOutput: (stream, chunk) => {
      marks.grown(stream, logs[stream].sizeBytes, clock.monotonicMs());
      masks?.output(stream, chunk);
      onOutput?.(stream, chunk);
    },
    onStarted: () => journal.rehearse(),
  });
  const durationMs = Math.max(0, Math.floor(clock.monotonicMs() - startMs));
  const completedAt = clock.now();
  masks?.end();
  await endWatch();
  const ended = outcomeOf(captured, control, spec, saidBy(journal, logs, spec));
  const outcome = masks?.found ? { ...ended, tags: [...ended.tags, [MASKS_TAG, "true"] as const] } : ended;
  return { captured, outcome, completedAt, durationMs, marks, keepTrace: traced?.keep };
}

function isTraced({ trace = "never" }: StepSpec): boolean {
  return trace !== "never";
}

/** One that came when the step was over and its row closed: while its lines were indexed, or before another attempt. */
function lateSignal({ cause }: StepControl): NodeJS.Signals | undefined {
  return cause?.kind === "signal" && cause.moment === "over" ? cause.signal : undefined;
}

function leaksOf({ leaked }: Captured): string[] {
  if (leaked === null) return [];
  if (leaked.length === 0) return ["a process that could not be found"];
  return leaked.map(({ pid, command }) => `${pid} ${command}`);
}

/** False when a signal or the deadline came meanwhile: there is to be no further attempt. */
async function pausedFor(ms: number, control: StepControl): Promise<boolean> {
  const end = Bun.nanoseconds() + ms * 1e6;
  const isOff = () => control.cause !== null || control.isPastDeadline;
  while (Bun.nanoseconds() < end && !isOff()) await Bun.sleep(Math.min(20, ms));
  return !isOff();
}
