import { ptr } from "bun:ffi";
import { libc } from "./libc.ts";

/** What is done in a child between fork and exec. */
export type SpawnAction =
  | { readonly dup: number; readonly as: number }
  | { readonly open: string; readonly as: number }
  | { readonly chdir: string };

/** Flags of posix_spawnattr_setflags(3): the same numbers in glibc and musl. */
export const SETSIGDEF = 0x04;
export const SETSIGMASK = 0x08;
export const SETSID = 0x80;

/** Larger than posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of any libc. */
const STRUCT_BYTES = 512;

export function emptyActions(): Uint8Array {
  const actions = new Uint8Array(STRUCT_BYTES);
  libc.posix_spawn_file_actions_init(ptr(actions));
  return actions;
}

export function emptyAttributes(): Uint8Array {
  const attributes = new Uint8Array(STRUCT_BYTES);
  libc.posix_spawnattr_init(ptr(attributes));
  return attributes;
}

export function setFlags(attributes: Uint8Array, flags: number): void {
  libc.posix_spawnattr_setflags(ptr(attributes), flags);
}

/** These signals get their default action back in the child. */
export function setDefaultSignals(attributes: Uint8Array, signals: readonly number[]): void {
  const set = new Uint8Array(STRUCT_BYTES);
  for (const signal of signals) set[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  libc.posix_spawnattr_setsigdefault(ptr(attributes), ptr(set));
  setFlags(attributes, SETSIGDEF);
}

/**
 * A NULL-terminated table of the NUL-terminated strings in `block`, which must outlive it.
 */
export function pointersInto(block: Uint8Array): BigUint64Array {
  const table: bigint[] = [];
  const base = block.length === 0 ? 0 : ptr(block);
  for (let at = 0; at < block.length; at = block.indexOf(0, at) + 1) table.push(BigInt(base + at));
  table.push(0n);
  return new BigUint64Array(table);
}

/** C strings, one behind the other. */
export function cStrings(texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\0`).join(""));
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}
