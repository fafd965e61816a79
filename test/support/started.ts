import fs from "node:fs";
import path from "node:path";
import { cleanEnv, program } from "./program.ts";
import type { Suite } from "./suite.ts";

/** A running recorder, in its own process group and session, to which a test sends signals. */
export interface Started {
  readonly pid: number;
  /** To the recorder alone. */
  signal(signal: NodeJS.Signals): void;
  /** To its whole process group: the step gets it as well. */
  signalGroup(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ code: number | null; signal: string | number | null; stderr: string; ms: number }>;
}

/** Starts `exec` with these flags and the command, and does not wait for it. */
export function startExec(suite: Suite, flags: readonly string[], command: readonly string[]): Started {
  return start([...program, ...execArgs(suite, flags, command)]);
}

export function execArgs(suite: Suite, flags: readonly string[], command: readonly string[]): string[] {
  return [
    ...["exec", "--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "logs"],
    ...(flags.includes("--name") ? [] : ["--name", "step"]),
    ...(flags.includes("--step-num") ? [] : ["--step-num", "1"]),
    ...flags,
    "--",
    ...command,
  ];
}

/** Starts any command in its own process group and session. */
export function start(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Started {
  const startMs = performance.now();
  const child = Bun.spawn([...argv], {
    ...options,
    env: { ...cleanEnv, ...options.env },
    detached: true,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const ended = Promise.all([child.stderr.text(), child.exited]).then(([stderr]) => ({
    code: child.exitCode,
    signal: child.signalCode,
    stderr,
    ms: performance.now() - startMs,
  }));
  return {
    pid: child.pid,
    signal: (signal) => process.kill(child.pid, signal),
    signalGroup: (signal) => process.kill(-child.pid, signal),
    ended,
  };
}

/** Asks every few milliseconds, for at most `limitMs`, until there is an answer. Else throws, naming `what` it waited for. */
export async function until<T>(
  what: string,
  answer: () => T | undefined | false | null | "",
  limitMs = 60_000,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const got = answer();
    if (got !== undefined && got !== false && got !== null && got !== "") return got;
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await Bun.sleep(3);
  }
}

/** The pid of the recorder's group signal probe, which starts with the step's 100th millisecond. */
export function watcherOf(recorder: number, limitMs?: number): Promise<number> {
  return until("the watcher", () => childrenOf(recorder).find((pid) => commandOf(pid) === "cat"), limitMs);
}

/** Bash text that waits for {@link tell}, for a step that must not end before the test has looked at it. */
export function untilTold({ dir }: Suite): string {
  return `until [ -e '${dir}/told' ]; do sleep 0.02; done`;
}

export function tell({ dir }: Suite): void {
  fs.writeFileSync(path.join(dir, "told"), "");
}

/** Waits until `text` is in a step's log. Returns the log. */
export function logWith(suite: Suite, text: string, step = 1, stream: "stdout" | "stderr" = "stdout"): Promise<string> {
  return until(`${JSON.stringify(text)} in the log`, () => {
    const log = logOf(suite, step, stream);
    return log.includes(text) && log;
  });
}

/** The log so far; "" if it does not exist. */
export function logOf(suite: Suite, step = 1, stream: "stdout" | "stderr" = "stdout"): string {
  try {
    return suite.log(step, stream).toString();
  } catch {
    return "";
  }
}

/** The command lines of live processes that a suite's steps, or their recorders, left behind. */
export function leftOf(suite: Suite): string[] {
  return processes()
    .filter((pid) => belongs(pid, suite))
    .map((pid) => `${pid} ${commandOf(pid)}`);
}

/** Whether the process exists and is no zombie. */
export function alive(pid: number): boolean {
  return stateOf(pid) !== "" && stateOf(pid) !== "Z";
}

/** R, S, T (stopped), Z…; "" if there is no such process. */
export function stateOf(pid: number): string {
  return /^State:\t(.)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "";
}

/** Its command line; "" if there is no such process. */
export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trimEnd();
}

export function childrenOf(pid: number): number[] {
  return processes().filter((child) => Number(/^PPid:\t(\d+)$/m.exec(read(`/proc/${child}/status`))?.[1]) === pid);
}

/** Kills the processes that a test left running on purpose. */
export function killLeft(suite: Suite): void {
  for (const line of leftOf(suite)) {
    try {
      process.kill(Number.parseInt(line, 10), "SIGKILL");
    } catch (error) {
      // A short command of a script may have ended since it was listed.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** The end in a step's row, and its tags about the end. */
export function endOf(suite: Suite, step = 1): { code: unknown; closed: boolean } & Record<string, unknown> {
  const id = `${suite.runId}-step-${String(step).padStart(2, "0")}`;
  const [row] = suite.sql("SELECT exit_code, completed_at FROM steps WHERE step_id = ?", id);
  if (!row) throw new Error(`no row of step ${step}`);
  const tags = suite.sql(
    "SELECT k, v FROM kv WHERE step_id = ? AND (k LIKE 'exit.%' OR k LIKE 'leaked%' OR k IN ('timeout_ms', 'flaky'))",
    id,
  );
  return {
    code: row.exit_code,
    closed: row.completed_at !== null,
    ...Object.fromEntries(tags.map(({ k, v }) => [k, v])),
  };
}

/** Compares artifacts, files and index. Returns what differs: empty if every byte and line is recorded. */
export function unrecorded(suite: Suite): string[] {
  const problems: string[] = [];
  const files = suite.sql("SELECT artifact_id, path, size_bytes, sha256 FROM artifacts");
  for (const { artifact_id, path: file, size_bytes, sha256 } of files) {
    const bytes = fs.readFileSync(path.resolve(suite.dir, String(file)));
    if (bytes.length !== size_bytes) problems.push(`${file}: ${bytes.length} bytes, recorded ${size_bytes}`);
    if (new Bun.CryptoHasher("sha256").update(bytes).digest("hex") !== sha256) problems.push(`${file}: another hash`);
    const lines = bytes.toString().split("\n").length - (bytes.length === 0 || bytes.at(-1) === 10 ? 1 : 0);
    const indexed = suite.sql("SELECT count(*) AS n FROM log_lines_fts WHERE artifact_id = ?", Number(artifact_id));
    if (indexed[0]?.n !== lines) problems.push(`${file}: ${lines} lines, indexed ${indexed[0]?.n}`);
  }
  const named = new Set(files.map((row) => path.resolve(suite.dir, String(row.path))));
  for (const name of fs.readdirSync(path.join(suite.dir, "logs"))) {
    if (!named.has(path.join(suite.dir, "logs", name))) problems.push(`${name}: no artifact`);
  }
  return problems;
}

/** Decides by the environment or, for helpers and servers with an empty one, by the files that it holds open. */
function belongs(pid: number, suite: Suite): boolean {
  if (!alive(pid)) return false;
  if (read(`/proc/${pid}/environ`).includes(suite.runId)) return true;
  if (read(`/proc/${pid}/cmdline`).includes(suite.runId)) return true;
  return list(`/proc/${pid}/fd`).some((fd) => link(`/proc/${pid}/fd/${fd}`).startsWith(suite.dir));
}

function processes(): number[] {
  return list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

function list(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}

function link(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return "";
  }
}
