import { core } from "./core.ts";
import { libcOnDemand } from "./libc.ts";
import { type Block, type Memory, withMemory } from "./memory.ts";

/** What is done in a child between fork and exec. */
export type SpawnAction =
  | { readonly dup: number; readonly as: number }
  | { readonly open: string; readonly as: number; readonly flags?: number }
  | { readonly chdir: string };

export interface SpawnRequest {
  readonly file: string;
  readonly argv: readonly string[];
  /** NUL-terminated entries, one behind the other. */
  readonly environment: Uint8Array;
  readonly actions: readonly SpawnAction[];
  /** These get their default action back. */
  readonly defaultSignals?: readonly number[];
  /** Blocks every signal but SIGKILL and SIGSTOP. */
  readonly blockSignals?: boolean;
  /** In a session of its own, out of reach of the terminal. */
  readonly newSession?: boolean;
  /** Called when all is ready, and what it returns when the process is there: limits that it is to inherit. */
  readonly limit?: () => () => void;
}

/** Flags of posix_spawnattr_setflags(3): the same numbers in glibc and musl. */
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;

/** Larger than posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of any libc. */
const STRUCT_BYTES = 512;

/** Starts a process with posix_spawn(3). Returns its pid, or the negative errno. */
export function spawnProcess(request: SpawnRequest): number {
  return withMemory((memory) => {
    const actions = actionsOf(request.actions, memory);
    const attributes = attributesOf(request, memory);
    const pid = memory.ints(0);
    const file = memory.string(request.file);
    const argv = memory.strings(request.argv);
    const environment = memory.stringsIn(request.environment);
    // Not before the actions are made: those on descriptors above the limit would be refused. And not for longer, as we
    // have files of our own to open.
    const unlimit = request.limit?.();
    const errno = core().posix_spawn(
      pid.address,
      file.address,
      actions.address,
      attributes.address,
      argv.address,
      environment.address,
    );
    unlimit?.();
    return errno === 0 ? pid.data.getInt32(0, true) : -errno;
  });
}

function actionsOf(actions: readonly SpawnAction[], memory: Memory): Block {
  const struct = memory.block(STRUCT_BYTES);
  core().posix_spawn_file_actions_init(struct.address);
  for (const action of actions) {
    if ("open" in action) {
      const path = memory.string(action.open);
      core().posix_spawn_file_actions_addopen(struct.address, action.as, path.address, action.flags ?? 0, 0);
    } else if ("chdir" in action) addChdir(struct, memory.string(action.chdir));
    // A descriptor duplicated onto itself loses its close-on-exec mark (POSIX.1-2024; glibc 2.29, musl 1.1.10).
    else core().posix_spawn_file_actions_adddup2(struct.address, action.dup, action.as);
  }
  return struct;
}

function attributesOf({ defaultSignals, blockSignals, newSession }: SpawnRequest, memory: Memory): Block {
  const struct = memory.block(STRUCT_BYTES);
  core().posix_spawnattr_init(struct.address);
  let flags = newSession ? SETSID : 0;
  if (defaultSignals) {
    flags |= SETSIGDEF;
    core().posix_spawnattr_setsigdefault(struct.address, signalSet(defaultSignals, memory).address);
  }
  if (blockSignals) {
    flags |= SETSIGMASK;
    const all = memory.block(STRUCT_BYTES);
    all.bytes.fill(0xff);
    masking()?.posix_spawnattr_setsigmask(struct.address, all.address);
  }
  core().posix_spawnattr_setflags(struct.address, flags);
  return struct;
}

function signalSet(signals: readonly number[], memory: Memory): Block {
  const set = memory.block(STRUCT_BYTES);
  for (const signal of signals) set.bytes[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  return set;
}

function addChdir(actions: Block, dir: Block): void {
  const lib = chdir();
  if (lib === null) throw new Error("this C library cannot start a process in another directory");
  lib.posix_spawn_file_actions_addchdir_np(actions.address, dir.address);
}

/** Not in every libc of the last ten years, so opened only for a step that has a --work-dir. */
const chdir = libcOnDemand({ posix_spawn_file_actions_addchdir_np: { args: ["ptr", "ptr"], returns: "i32" } });
/** Only helpers need it. */
const masking = libcOnDemand({ posix_spawnattr_setsigmask: { args: ["ptr", "ptr"], returns: "i32" } });
