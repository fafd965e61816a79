/** `<started_at>-pid-<pid>-<16 hex>`: a run's id begins with its `started_at`, as in the Go build. */
export function newRunId(startedAt: string, pid: number, random: () => string = randomHex): string {
  return `${startedAt}-pid-${pid}-${random()}`;
}

/**
 * A run's id for people: its last eight hex digits, since ids begin with the time. Every `--run-id` takes it. An id of
 * the user's own is short enough as it is.
 */
export function shortRunId(runId: string): string {
  return /-pid-\d+-[0-9a-f]{8}([0-9a-f]{8})$/.exec(runId)?.[1] ?? runId;
}

/** `<run_id>-step-%02d`: at least two digits, more where the number has more. */
export function stepIdOf(runId: string, stepNum: number): string {
  return `${runId}-step-${twoDigits(stepNum)}`;
}

/** `<step_id>-cmd-%03d`. */
export function commandIdOf(stepId: string, commandNum: number): string {
  return `${stepId}-cmd-${String(commandNum).padStart(3, "0")}`;
}

export const STREAMS = ["stdout", "stderr"] as const;
export type Stream = (typeof STREAMS)[number];

/** `step-%02d-stdout.txt`: the name of a step's log file within the log dir. */
export function logFileName(stepNum: number, stream: Stream): string {
  return `step-${twoDigits(stepNum)}-${stream}.txt`;
}

/** `step-%02d-cmd-%02d-stdout.txt`: the same of a command inside a step. */
export function commandLogFileName(stepNum: number, commandNum: number, stream: Stream): string {
  return `step-${twoDigits(stepNum)}-cmd-${twoDigits(commandNum)}-${stream}.txt`;
}

/** `step-%02d-trace.txt`. */
export function traceFileName(stepNum: number): string {
  return `step-${twoDigits(stepNum)}-trace.txt`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return bytes.toHex();
}
