import { dlopen } from "bun:ffi";

const NAMES = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

/** Functions of the C library of a 64-bit Linux, glibc or musl. Throws where one of them is not there. */
export function openLibc<const S extends Parameters<typeof dlopen>[1]>(symbols: S) {
  let failure: unknown;
  for (const name of NAMES) {
    try {
      return dlopen(name, symbols).symbols;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
