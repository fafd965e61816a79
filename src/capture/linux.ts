import { ptr } from "bun:ffi";
import type { Exit } from "../model/exit.ts";
import type { Child, ChildSpec, Platform } from "./child.ts";
import { closeWith } from "./descriptors.ts";
import { environmentWith } from "./environment.ts";
import { startWitness } from "./group-witness.ts";
import { type Inherited, readInherited, restoreFileLimit } from "./inherited.ts";
import { hold, holders } from "./leaks.ts";
import { addChdir, libc } from "./libc.ts";
import { locate, notExecutable, notFound } from "./locate.ts";
import { PipeSource } from "./pipe-source.ts";
import { descendantsOf, hasSignal, signalSets } from "./processes.ts";
import { Reaper } from "./reaper.ts";
import {
  cString,
  cStrings,
  emptyActions,
  emptyAttributes,
  pointersInto,
  type SpawnAction,
  setDefaultSignals,
} from "./spawn-structs.ts";

const O_CLOEXEC = 0o2000000;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_DUMPABLE = 4;

/** To be called before anything is opened: it looks at what the caller left us. */
export function linuxPlatform(): Platform {
  const inherited = readInherited();
  const [ignored, blocked] = signalSets("self", ["SigIgn", "SigBlk"]) as [bigint, bigint];
  const reaper = new Reaper();
  closeWith(libc.close);
  // Of a script that ended with `exec scenariolog exec …`, and had started something in the background before.
  if (reaper.reap())
    for (const { pid, ppid } of descendantsOf(process.pid)) if (ppid === process.pid) reaper.others.add(pid);
  return {
    spawn: (spec) => spawn(spec, inherited, reaper),
    hasChildren: () => reaper.reap(),
    descendants: () => descendantsOf(process.pid, reaper.others),
    dumpNoCore,
    inherited: (signal) => (hasSignal(ignored, signal) ? "ignored" : hasSignal(blocked, signal) ? "blocked" : "free"),
    holders,
    hold: (source) => hold(source, reaper),
    witness: () => startWitness(reaper),
  };
}

/** Not a limit of zero: it does not hold for cores that go to a program. */
function dumpNoCore(): void {
  libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

function spawn(spec: ChildSpec, inherited: Inherited, reaper: Reaper): Child | Exit {
  const file = locate(spec.argv[0], spec.cwd ?? process.cwd(), process.env.PATH);
  if (typeof file !== "string") return file;

  const pipes = spec.output === "console" ? [] : newPipes(spec.output === "pipe" ? 1 : 2);
  // Whatever a step leaves behind, setsid or double fork, stays below us and can be found.
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid = posixSpawn(
    file,
    spec.argv,
    environmentWith(spec.env),
    [
      ...(spec.stdin === "null" ? [{ open: "/dev/null", as: 0 } as const] : []),
      ...pipes.map(({ write }, i) => ({ dup: write, as: i + 1 })),
      ...(spec.output === "pipe" ? [{ dup: 1, as: 2 }] : []),
      ...inherited.descriptors.map((fd) => ({ dup: fd, as: fd })),
      ...(spec.cwd === undefined ? [] : [{ chdir: spec.cwd } as const]),
    ],
    inherited.defaultSignals,
  );
  for (const { write } of pipes) libc.close(write);
  if (pid < 0) {
    for (const { read } of pipes) libc.close(read);
    return whyNot(-pid, file);
  }
  const [stdout = null, stderr = null] = pipes.map(({ read }) => new PipeSource(read));
  return { pid, stdout, stderr, exited: reaper.wait(pid) };
}

/** Returns the pid, or the negative errno. */
function posixSpawn(
  file: string,
  argv: readonly string[],
  environment: Uint8Array,
  actions: readonly SpawnAction[],
  defaultSignals: readonly number[],
): number {
  const fileActions = emptyActions();
  for (const action of actions) {
    if ("open" in action) {
      libc.posix_spawn_file_actions_addopen(ptr(fileActions), action.as, ptr(cString(action.open)), 0, 0);
    } else if ("chdir" in action) addChdir(fileActions, cString(action.chdir));
    // A descriptor duplicated onto itself loses its close-on-exec mark (POSIX.1-2024; glibc 2.29, musl 1.1.10).
    else libc.posix_spawn_file_actions_adddup2(ptr(fileActions), action.dup, action.as);
  }
  const attributes = emptyAttributes();
  setDefaultSignals(attributes, defaultSignals);
  const pid = new Int32Array(1);
  const words = cStrings(argv);
  const argvTable = pointersInto(words);
  const envTable = pointersInto(environment);
  // Not before the actions are made: those on descriptors above the limit would be refused. And not for longer, as we
  // have files of our own to open.
  const raiseFileLimit = restoreFileLimit();
  const errno = libc.posix_spawn(
    ptr(pid),
    ptr(cString(file)),
    ptr(fileActions),
    ptr(attributes),
    ptr(argvTable),
    ptr(envTable),
  );
  raiseFileLimit();
  return errno === 0 ? pid[0]! : -errno;
}

function newPipes(count: 1 | 2): { read: number; write: number }[] {
  const ends = new Int32Array(4);
  const first = libc.pipe2(ptr(ends), O_CLOEXEC) === 0;
  const pipes = [{ read: ends[0]!, write: ends[1]! }];
  if (first && count === 1) return pipes;
  if (first && libc.pipe2(ptr(ends, 8), O_CLOEXEC) === 0) return [...pipes, { read: ends[2]!, write: ends[3]! }];
  if (first) for (const fd of ends.subarray(0, 2)) libc.close(fd);
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
