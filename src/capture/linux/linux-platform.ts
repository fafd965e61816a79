import type { Exit } from "../../model/exit.ts";
import { core } from "../../sys/core.ts";
import { closeWith } from "../../sys/descriptors.ts";
import { closeDescriptor, newPipe, type Pipe } from "../../sys/pipes.ts";
import { descendantsOf, hasSignal, signalSets } from "../../sys/processes.ts";
import { becomeSubreaper, dumpNoCore } from "../../sys/self.ts";
import { spawnProcess } from "../../sys/spawn.ts";
import { locate, notExecutable, notFound } from "../locate.ts";
import type { Child, ChildSpec, Platform } from "../platform.ts";
import { detachPipe, processesHolding } from "./detached-pipe.ts";
import { environmentWith } from "./environment.ts";
import { startGroupSignalProbe } from "./group-signal-probe.ts";
import { type Inherited, readInherited, restoreFileLimit } from "./inherited.ts";
import { PipeSource } from "./pipe-source.ts";
import { Reaper } from "./reaper.ts";

/** To be called before anything is opened: it looks at what the caller left us. Throws where C cannot be called. */
export function linuxPlatform(): Platform {
  core();
  const inherited = readInherited();
  const [ignored, blocked] = signalSets("self", ["SigIgn", "SigBlk"]) as [bigint, bigint];
  const reaper = new Reaper();
  closeWith(closeDescriptor);
  // Of a script that ended with `exec scenariolog exec …`, and had started something in the background before.
  if (reaper.reap())
    for (const { pid, ppid } of descendantsOf(process.pid)) if (ppid === process.pid) reaper.others.add(pid);
  return {
    spawn: (spec) => spawn(spec, inherited, reaper),
    hasChildren: () => reaper.reap(),
    descendants: () => descendantsOf(process.pid, reaper.others),
    dumpNoCore,
    inherited: (signal) => (hasSignal(ignored, signal) ? "ignored" : hasSignal(blocked, signal) ? "blocked" : "free"),
    processesHolding,
    detachPipe: (source) => detachPipe(source, reaper),
    probeGroupSignals: () => startGroupSignalProbe(reaper),
  };
}

function spawn(spec: ChildSpec, inherited: Inherited, reaper: Reaper): Child | Exit {
  const directory = spec.cwd ?? inherited.directory;
  const file = locate(spec.argv[0], directory ?? ".", process.env.PATH);
  if (typeof file !== "string") return file;

  const piped: readonly number[] = { console: [], pipe: [1], pipes: [1, 2], stdout: [1], stderr: [2] }[spec.output];
  const pipes = newPipes(piped.length);
  // Whatever a step leaves behind, setsid or double fork, stays below us and can be found.
  becomeSubreaper();
  const pid = spawnProcess({
    file,
    argv: spec.argv,
    environment: environmentWith(spec.env),
    actions: [
      ...(spec.stdin === "null" ? [{ open: "/dev/null", as: 0 } as const] : []),
      ...pipes.map(({ write }, i) => ({ dup: write, as: piped[i]! })),
      ...(spec.output === "pipe" ? [{ dup: 1, as: 2 }] : []),
      ...inherited.descriptors.map((fd) => ({ dup: fd, as: fd })),
      ...(directory === undefined ? [] : [{ chdir: directory } as const]),
    ],
    defaultSignals: inherited.defaultSignals,
    limit: restoreFileLimit,
  });
  for (const { write } of pipes) closeDescriptor(write);
  if (pid < 0) {
    for (const { read } of pipes) closeDescriptor(read);
    return whyNot(-pid, file);
  }
  const sourceOf = (fd: number) => {
    const pipe = pipes[piped.indexOf(fd)];
    return pipe === undefined ? null : new PipeSource(pipe.read);
  };
  const [stdout, stderr] = [sourceOf(1), sourceOf(2)];
  return { pid, stdout, stderr, exited: reaper.wait(pid) };
}

function newPipes(count: number): Pipe[] {
  if (count === 0) return [];
  const first = newPipe();
  const second = first !== null && count === 2 ? newPipe() : null;
  if (first !== null && count === 1) return [first];
  if (first !== null && second !== null) return [first, second];
  if (first !== null) for (const fd of [first.read, first.write]) closeDescriptor(fd);
  throw new Error("no pipe could be made (too many open files)");
}

function whyNot(errno: number, file: string): Exit {
  switch (errno) {
    case 2: // ENOENT, though the file is there
      return notFound(`${file}: its interpreter does not exist`, "check its #! line (a CR at its end counts)");
    case 7:
      return notExecutable(`${file}: the arguments and the environment are too long`);
    case 8:
      return notExecutable(`${file} is neither a program nor a script with a #! line`, `run it as: bash ${file}`);
    case 13:
      return notExecutable(`${file}: permission denied`);
    case 20:
      return notFound(`${file}: a part of its path is not a directory`);
    case 26:
      return notExecutable(`${file} is open for writing`);
    default:
      return notExecutable(`${file} could not be started (errno ${errno})`);
  }
}
