import { type CFunctions, openLibc } from "./libc.ts";

/**
 * The calls that every step needs and Bun has no way to: kernel pipes (its own "pipe" is a socket, and
 * `echo x > /dev/stderr` fails on one), a spawn that leaves inherited signals, limits and descriptors as they were, and
 * the child's wait status. glibc and musl have them under the same names.
 */
const symbols = {
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  wait4: { args: ["i32", "ptr", "i32", "ptr"], returns: "i32" },
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  posix_spawn_file_actions_init: { args: ["ptr"], returns: "i32" },
  posix_spawn_file_actions_adddup2: { args: ["ptr", "i32", "i32"], returns: "i32" },
  posix_spawn_file_actions_addopen: { args: ["ptr", "i32", "ptr", "i32", "i32"], returns: "i32" },
  posix_spawnattr_init: { args: ["ptr"], returns: "i32" },
  posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "i32" },
  posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "i32" },
} as const;

let opened: CFunctions<typeof symbols> | undefined;

/** Throws where they cannot be had; see openLibc. */
export function core(): CFunctions<typeof symbols> {
  opened ??= openLibc(symbols);
  return opened;
}
