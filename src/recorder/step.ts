import path from "node:path";
import { type Captured, type CaptureSpec, capture } from "../capture/capture.ts";
import type { Platform } from "../capture/child.ts";
import { StepControl } from "../capture/step-control.ts";
import type { Exit } from "../model/exit.ts";
import type { StepSpec } from "../model/step.ts";
import { type Clock, systemClock } from "../model/time.ts";
import { StepJournal } from "./journal.ts";
import { checkWorkDir, openLogs } from "./logs.ts";
import { MarkTape } from "./marks.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

export interface RecordedStep {
  readonly stepId: string;
  readonly exit: Exit;
  /** As stored in `steps.exit_code`, and what the caller is to see. */
  readonly code: number;
  /** The recorder is to end by this signal, as the step would have made its caller see. */
  readonly endBySignal: NodeJS.Signals | undefined;
  readonly durationMs: number;
  /** Paths as stored: relative to root_dir where they lie in it. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly attempts: number;
  /** Passed, but not at the first attempt. */
  readonly flaky: boolean;
  /** What was left behind by the step, and what could not be recorded: a line each. */
  readonly leaks: readonly string[];
  readonly problems: readonly string[];
}

export interface StepWatch {
  readonly clock?: Clock;
  /** Told of every chunk of output, of all attempts: see CaptureSpec. */
  readonly onOutput?: CaptureSpec["onOutput"];
}

/**
 * Runs one step, again as often as the spec's retries say, and keeps what it wrote. The row exists before the process
 * starts. What is the caller's mistake is thrown before that; nothing is thrown after it: a recording that fails is
 * a problem in the result.
 */
export async function recordStep(
  database: string,
  platform: Platform,
  spec: StepSpec,
  watch: StepWatch = {},
): Promise<RecordedStep> {
  if (spec.workDir !== "") checkWorkDir(spec.workDir);
  // Before the row: a signal that comes now must find it closed, not open.
  const control = new StepControl(platform, spec);
  const journal = new StepJournal(database, spec);
  try {
    journal.open();
    const leaks: string[] = [];
    let failedCode = 0;
    for (let attempt = 1; ; attempt++) {
      const { captured, outcome, completedAt, durationMs, marks } = await runAttempt(
        journal,
        platform,
        control,
        spec,
        watch,
      );
      leaks.push(...leaksOf(captured));
      const again =
        outcome.code !== 0 &&
        attempt <= spec.retries &&
        captured.exit.kind !== "not-started" &&
        control.cause?.kind !== "signal";
      const flaky = outcome.code === 0 && attempt > 1;
      const code = flaky && spec.flakyResult === "fail" ? failedCode : outcome.code;
      const end = { outcome: { ...outcome, code }, flaky, completedAt, durationMs, marks };
      const paths = await journal.finish(captured, end, control);
      if (again) {
        failedCode = outcome.code;
        control.settle();
        if (await pausedFor(spec.retryDelayMs, control)) continue;
      }
      await journal.complete(control);
      await control.close();
      return {
        ...paths,
        stepId: journal.stepId,
        exit: captured.exit,
        code,
        endBySignal: outcome.endBySignal ?? lateSignal(control),
        durationMs,
        attempts: attempt,
        flaky,
        leaks,
        problems: journal.problems,
      };
    }
  } finally {
    journal.close();
    control.release();
  }
}

async function runAttempt(
  journal: StepJournal,
  platform: Platform,
  control: StepControl,
  spec: StepSpec,
  { clock = systemClock, onOutput }: StepWatch,
): Promise<{ captured: Captured; outcome: Outcome; completedAt: string; durationMs: number; marks: MarkTape }> {
  const logs = openLogs(spec);
  const attempt = journal.begin(logs, clock.now());
  const startMs = clock.monotonicMs();
  const marks = new MarkTape(startMs);
  const endWatch = journal.watch();
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
    },
    stdin: spec.stdin,
    stdout: logs.stdout,
    stderr: logs.stderr,
    leakTimeoutMs: spec.leakTimeoutMs,
    killLeaked: spec.onLeak === "kill",
    onOutput: (stream, chunk) => {
      marks.grown(stream, logs[stream].sizeBytes, clock.monotonicMs());
      onOutput?.(stream, chunk);
    },
    onStarted: () => journal.rehearse(),
  });
  const durationMs = Math.max(0, Math.floor(clock.monotonicMs() - startMs));
  const completedAt = clock.now();
  await endWatch();
  return { captured, outcome: outcomeOf(captured, control, spec), completedAt, durationMs, marks };
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

/** False when a signal came meanwhile: there is to be no further attempt. */
async function pausedFor(ms: number, control: StepControl): Promise<boolean> {
  const end = Bun.nanoseconds() + ms * 1e6;
  while (Bun.nanoseconds() < end && control.cause === null) await Bun.sleep(Math.min(20, ms));
  return control.cause === null;
}
