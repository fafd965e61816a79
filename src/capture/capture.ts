import { reasonOf } from "../errors.ts";
import type { Exit } from "../model/exit.ts";
import type { Stream } from "../model/ids.ts";
import { yieldToEventLoop } from "../sys/event-loop.ts";
import { commandLineOf } from "../sys/processes.ts";
import { signalNumber } from "../sys/signals.ts";
import type { StepControl } from "./control/step-control.ts";
import { Drain } from "./drain.ts";
import type { LogFile } from "./log/log-file.ts";
import type { ChildSpec, Platform, ResourceUsage, Source } from "./platform.ts";

/** How long processes that do not belong to an interrupted step may hold its pipes. */
const STRANGERS_MS = 200;

export interface CaptureSpec extends Omit<ChildSpec, "output"> {
  /** Whether both streams are one, and go into `stdout`. */
  readonly merged?: boolean;
  /** The only stream that is captured; the other one is the caller's own. Absent: both are. */
  readonly only?: Stream;
  /** New, open files. The caller closes them. */
  readonly stdout: LogFile;
  readonly stderr: LogFile;
  /** How long to continue reading after the child has ended, from a pipe that one of its descendants still holds. */
  readonly leakTimeoutMs: number;
  /** Whether their later output goes to our own output, instead of a file beside the log. */
  readonly lateToConsole?: boolean;
  /** Whether such descendants are killed after that time. */
  readonly killLeaked: boolean;
  /**
   * Called with every chunk after it is in its file. It must neither throw nor wait; the bytes are valid during the call
   * only. If it returns false, the stream is read no further, and the process sees that its reader is gone.
   */
  readonly onOutput?: (stream: Stream, chunk: Uint8Array) => unknown;
  /** Called when the process has started. */
  readonly onStarted?: () => void;
}

export interface Leaked {
  readonly pid: number;
  readonly command: string;
}

export interface Captured {
  readonly exit: Exit;
  /** Null if the process did not start, or the platform does not tell. */
  readonly usage: ResourceUsage | null;
  /** Processes that still held a pipe when the capture ended; null if none did, empty if they could not be found. */
  readonly leaked: readonly Leaked[] | null;
  /** What could not be captured, one line each. The log files report their own problems. */
  readonly problems: readonly string[];
}

/** Runs a process and keeps every byte it writes. A failure to keep them neither ends the process nor is thrown. */
export async function capture(platform: Platform, control: StepControl, spec: CaptureSpec): Promise<Captured> {
  const problems: string[] = [];
  if (!(await control.mayStart())) return { exit: endedBefore(control), usage: null, leaked: null, problems };
  const child = start(platform, spec, problems);
  if ("kind" in child) {
    control.over();
    return { exit: child, usage: null, leaked: null, problems };
  }

  control.started(child.pid);
  const drains: Drain[] = [];
  const read = (source: Source, stream: Stream) => {
    const tap = (chunk: Uint8Array) => {
      if (spec.onOutput?.(stream, chunk) === false) drain.refuse(platform);
    };
    const lateTo = !spec.lateToConsole ? undefined : stream === "stdout" ? 1 : 2;
    const drain: Drain = new Drain(source, spec[stream], tap, lateTo);
    drains.push(drain);
  };
  if (child.stdout) read(child.stdout, "stdout");
  if (child.stderr) read(child.stderr, "stderr");
  spec.onStarted?.();
  const { exit, usage } = await child.exited;
  await control.ended();
  const leaked = await finish(platform, control, drains, spec);
  control.over();
  for (const { problem } of drains) if (problem !== undefined) problems.push(problem);
  return { exit, usage, leaked, problems };
}

/** As if the process had started, and died of the signal at once. */
export function endedBefore({ cause }: StepControl): Exit {
  const name = cause?.kind === "signal" ? cause.signal : "SIGTERM";
  return { kind: "signal", signal: signalNumber(name), name };
}

function start(platform: Platform, spec: CaptureSpec, problems: string[]) {
  try {
    return platform.spawn({ ...spec, output: spec.only ?? (spec.merged ? "pipe" : "pipes") });
  } catch (error) {
    problems.push(`output went to the console: ${reasonOf(error)}`);
    return platform.spawn({ ...spec, output: "console" });
  }
}

/** Reads to the end of every pipe, or until the leak timeout. */
async function finish(
  platform: Platform,
  control: StepControl,
  drains: readonly Drain[],
  spec: CaptureSpec,
): Promise<Leaked[] | null> {
  let ended = await endWithin(drains, spec.leakTimeoutMs, control.interrupted);
  await yieldToEventLoop();
  if (control.cause) {
    // Perhaps since a moment ago. Everything that is left of the step is being ended: a process that then still holds a pipe
    // is no part of it.
    await control.ended();
    ended = await endWithin(drains, Math.min(spec.leakTimeoutMs, STRANGERS_MS));
  }
  if (ended) return null;
  const open = () => drains.filter((drain) => !drain.ended);
  const sources = (): Source[] => open().map((drain) => drain.source);
  const leaked = platform.processesHolding(platform.descendants(), sources()).map(({ pid }) => ({
    pid,
    command: commandLineOf(pid),
  }));
  if (spec.killLeaked) {
    await killProcessesHolding(platform, sources);
    if (await endWithin(drains, spec.leakTimeoutMs)) return leaked;
  }
  let held = false;
  for (const drain of open()) held = (await drain.leave(platform)) || held;
  return held ? leaked : null;
}

async function killProcessesHolding(platform: Platform, sources: () => Source[]): Promise<void> {
  // A process that waited for a killed one may start another. One that survives a second of this cannot be killed.
  for (let round = 0; round < 200; round++) {
    const left = platform.processesHolding(platform.descendants(), sources());
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ended meanwhile
      }
    }
    await Bun.sleep(5);
  }
}

/** Whether every pipe reaches its end in time, and before `unless` settles. */
async function endWithin(drains: readonly Drain[], timeoutMs: number, unless?: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const end = Promise.all(drains.map((drain) => drain.done)).then(() => true);
  const inTime = await Promise.race([end, late, ...(unless ? [unless.then(() => false)] : [])]);
  clearTimeout(timer);
  return inTime;
}
