import { systemCode } from "../errors.ts";
import type { Exit } from "../model/exit.ts";
import type { Stream } from "../model/ids.ts";
import { signalName, signalNumber } from "../sys/signals.ts";
import { locate, notExecutable, notFound } from "./locate.ts";
import type { Child, ChildSpec, Platform } from "./platform.ts";

/**
 * Bun's own spawn, for platforms other than Linux: its pipes serve there (macOS opens /dev/stderr as a duplicate,
 * Windows has none). Ignored signals and raised limits are the child's as Bun leaves them, and what a step leaves
 * behind cannot be found.
 */
export const portablePlatform: Platform = {
  spawn,
  hasChildren: () => false,
  descendants: () => [],
  dumpNoCore: () => {},
  inherited: () => "free",
  processesHolding: () => [],
  detachPipe: () => null,
  probeGroupSignals: () => null,
};

function spawn(spec: ChildSpec): Child | Exit {
  const file = locate(spec.argv[0], spec.cwd ?? ".", process.env.PATH);
  if (typeof file !== "string") return file;
  for (const [name, value] of Object.entries(spec.env)) process.env[name] = value;
  const isPiped = (stream: Stream) =>
    spec.output !== "console" && (spec.output === stream || spec.output.startsWith("pipe"));
  try {
    const child = Bun.spawn([...spec.argv], {
      argv0: spec.argv[0],
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      stdin: spec.stdin === "null" ? "ignore" : "inherit",
      stdout: isPiped("stdout") ? "pipe" : "inherit",
      stderr: isPiped("stderr") ? "pipe" : "inherit",
    });
    const source = (stream: ReadableStream<Uint8Array> | undefined) => (stream ? { stream, fd: undefined } : null);
    const exited = child.exited.then(() => ({ exit: exitOf(child.exitCode, child.signalCode), usage: null }));
    return { pid: child.pid, stdout: source(child.stdout), stderr: source(child.stderr), exited };
  } catch (error) {
    return whyNot(error, file);
  }
}

function exitOf(code: number | null, signal: string | number | null): Exit {
  if (signal === null) return { kind: "code", code: code ?? 255 };
  const number = typeof signal === "number" ? signal : signalNumber(signal);
  return { kind: "signal", signal: number, name: signalName(number) };
}

function whyNot(error: unknown, file: string): Exit {
  const code = systemCode(error);
  if (code === "ENOENT") return notFound(`${file}: its interpreter does not exist`, "check its #! line");
  if (code === "ENOEXEC") {
    return notExecutable(`${file} is neither a program nor a script with a #! line`, `run it as: bash ${file}`);
  }
  return notExecutable(`${file} could not be started: ${code ?? error}`);
}
