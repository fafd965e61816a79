import path from "node:path";
import { type Captured, type CaptureSpec, capture } from "../../capture/capture.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import { fileOf } from "../../files/paths.ts";
import { MarkTape } from "../../files/timeline.ts";
import type { Exit } from "../../model/exit.ts";
import { type StepEnd, verdictOf } from "../../model/progress.ts";
import { MASKS_TAG } from "../../model/redact/masks.ts";
import type { StepSpec } from "../../model/step.ts";
import { toEnv } from "../../model/step-environment.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import type { Outcome } from "../rows/outcome.ts";
import type { AttemptTrace } from "./attempt-trace.ts";
import type { Connection } from "./connection.ts";
import { checkWorkDir, openLogs, type StepLogs } from "./logs.ts";
import { MaskWatch } from "./mask-watch.ts";
import { numbered } from "./numbering.ts";
import { type EndedProcess, runProcess, withControl } from "./process-life.ts";
import { RunStore } from "./run-store.ts";
import { saidBy } from "./said.ts";
import { StepRecorder, type StoredLogs } from "./step-recorder.ts";

/** How a step ended, with what its recorder has to tell its caller. */
export interface RecordedStep extends StepEnd, StoredLogs {
  readonly stepId: string;
  readonly reason: Outcome["reason"];
  readonly exit: Exit;
  /** Whether it passed, but not at the first attempt. */
  readonly flaky: boolean;
  /** The recorder has to end by this signal, as the step would have made its caller see; undefined if there is none. */
  readonly endBySignal: NodeJS.Signals | undefined;
  /** What the step left behind, and what could not be recorded: a line each. */
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
  /** Called after an attempt that another one follows. */
  readonly onAttemptEnd?: (end: StepEnd) => void;
}

/**
 * Runs one step, again as often as the spec's retries say, and keeps what it wrote. The row exists before the process
 * starts. The user's mistakes are thrown before that. Nothing is thrown after it: a recording that fails is a problem in the
 * result.
 */
export async function recordStep(
  connection: Connection,
  platform: Platform,
  asked: StepSpec,
  options: RecordOptions = {},
): Promise<RecordedStep> {
  const { clock = systemClock, keepOpen = false, deadlineMs } = options;
  if (asked.workDir !== "") checkWorkDir(asked.workDir);
  return await withControl(platform, { ...asked, deadlineMs }, async (control) => {
    const run = new RunStore(connection, asked, !keepOpen);
    try {
      await run.openFirst();
      const step = numbered(run, asked, clock.now());
      const recorder = new StepRecorder(run, step);
      return await recordAttempts({ spec: step.spec, recorder, platform, control, options, clock });
    } finally {
      closeQuietly(run);
    }
  });
}

/** A step that is skipped has a code other than 0, and has not failed. */
export function failed({ code, reason }: Pick<Outcome, "code" | "reason">): boolean {
  return code !== 0 && reason !== "skipped";
}

/** What the attempts of one step share. */
interface StepRun {
  readonly spec: StepSpec;
  readonly recorder: StepRecorder;
  readonly platform: Platform;
  readonly control: StepControl;
  readonly options: RecordOptions;
  readonly clock: Clock;
}

async function recordAttempts(step: StepRun): Promise<RecordedStep> {
  const { spec, recorder, control, options } = step;
  const leaks: string[] = [];
  let failedCode = 0;
  for (let attempt = 1; ; attempt++) {
    const { captured, outcome, durationMs, completedAt, timeline, trace, logs } = await runAttempt(step);
    leaks.push(...leaksOf(captured));
    const again =
      failed(outcome) &&
      attempt <= spec.retries &&
      captured.exit.kind !== "not-started" &&
      control.cause?.kind !== "signal" &&
      !control.isPastDeadline;
    const flaky = outcome.code === 0 && attempt > 1;
    const code = flaky && spec.flakyResult === "fail" ? failedCode : outcome.code;
    const { reason, skipReason } = outcome;
    const observed = { outcome: { ...outcome, code }, flaky, completedAt, durationMs, timeline };
    const stored = await recorder.finish(captured, observed, control);
    const traced = trace?.finish(logs, { failedCode: failed(outcome) ? outcome.code : 0, completedAt });
    if (traced) recorder.recordTrace(traced);
    const verdict = verdictOf({ code, reason, flaky });
    const failedAt = traced?.failedAt ?? null;
    const end: StepEnd = {
      verdict,
      code,
      skipReason,
      durationMs,
      attempts: attempt,
      failedAt,
      ...filesOf(spec, stored),
    };
    if (again) {
      options.onAttemptEnd?.(end);
      failedCode = outcome.code;
      control.settle();
      if (await pausedFor(spec.retryDelayMs, control)) continue;
    }
    await recorder.complete(control);
    const { stepId, problems, notes } = recorder;
    const endBySignal = outcome.endBySignal ?? lateSignal(control);
    return { ...end, ...stored, stepId, reason, exit: captured.exit, flaky, endBySignal, leaks, problems, notes };
  }
}

interface RanAttempt extends EndedProcess {
  readonly timeline: MarkTape;
  /** Undefined if the step is not traced. */
  readonly trace: AttemptTrace | undefined;
  readonly logs: StepLogs;
}

async function runAttempt({ spec, recorder, platform, control, options, clock }: StepRun): Promise<RanAttempt> {
  const logs = openLogs(spec);
  const trace = isTraced(spec) ? new (await import("./attempt-trace.ts")).AttemptTrace(spec) : undefined;
  const attempt = await recorder.begin(logs, clock.now());
  const endWatch = recorder.watch();
  const masks = spec.redactor && new MaskWatch(spec.redactor, { database: recorder.database, runId: recorder.runId });
  let timeline = new MarkTape(clock.monotonicMs());
  const ended = await runProcess(clock, control, {
    rules: spec,
    run: async (startMs) => {
      timeline = new MarkTape(startMs);
      return await capture(platform, control, {
        argv: spec.argv,
        cwd: spec.workDir === "" ? undefined : spec.workDir,
        env: { ...environmentOf(spec, recorder, logs.dir, attempt), ...trace?.env },
        stdin: spec.stdin,
        stdout: logs.stdout,
        stderr: logs.stderr,
        leakTimeoutMs: spec.leakTimeoutMs,
        killLeaked: spec.onLeak === "kill",
        onOutput: (stream, chunk) => {
          timeline.grown(stream, logs[stream].sizeBytes, clock.monotonicMs());
          masks?.output(stream, chunk);
          options.onOutput?.(stream, chunk);
        },
      });
    },
    settle: async () => {
      masks?.end();
      await endWatch();
      return saidBy(recorder, logs, spec);
    },
  });
  const outcome = masks?.found ? withTag(ended.outcome, [MASKS_TAG, "true"]) : ended.outcome;
  return { ...ended, outcome, timeline, trace, logs };
}

function environmentOf(
  { rootDir, redactor, redactLogs, skipCode }: StepSpec,
  { database, runId, stepId }: StepRecorder,
  logDir: string,
  attempt: number,
): Record<string, string> {
  const where = { database: path.resolve(database), runId, rootDir: path.resolve(rootDir), logDir, stepId, attempt };
  return toEnv({ ...where, redactor, redactLogs, skipCode });
}

function withTag(outcome: Outcome, tag: readonly [string, string]): Outcome {
  return { ...outcome, tags: [...outcome.tags, tag] };
}

/** For whoever watches: where the logs are now. */
function filesOf({ rootDir }: StepSpec, { stdoutPath, stderrPath }: StoredLogs) {
  const root = path.resolve(rootDir);
  return { stdoutFile: fileOf(root, stdoutPath), stderrFile: fileOf(root, stderrPath) };
}

function isTraced({ trace = "never" }: StepSpec): boolean {
  return trace !== "never";
}

/** A signal that came when the step was over and its row closed: while its lines were indexed, or before another attempt. */
function lateSignal({ cause }: StepControl): NodeJS.Signals | undefined {
  return cause?.kind === "signal" && cause.moment === "over" ? cause.signal : undefined;
}

function leaksOf({ leaked }: Captured): string[] {
  if (leaked === null) return [];
  if (leaked.length === 0) return ["a process that could not be found"];
  return leaked.map(({ pid, command }) => `${pid} ${command}`);
}

/** False if a signal or the deadline came meanwhile: no further attempt may begin. */
async function pausedFor(ms: number, control: StepControl): Promise<boolean> {
  const end = Bun.nanoseconds() + ms * 1e6;
  const isOff = () => control.cause !== null || control.isPastDeadline;
  while (Bun.nanoseconds() < end && !isOff()) await Bun.sleep(Math.min(20, ms));
  return !isOff();
}

/** After an error that is thrown anyway. */
function closeQuietly(run: RunStore): void {
  try {
    run.close();
  } catch {
    // The recorder has said so, or the error that is thrown matters more.
  }
}
