import { dlopen, type Pointer } from "bun:ffi";

/** Where memory lies that a C function is to see. Only memory.ts hands it out. */
export type Address = Pointer;

/** Of a C function's parameters. */
type Parameter = "i16" | "i32" | "u64" | "ptr";
type Symbols = Readonly<Record<string, { readonly args: readonly Parameter[]; readonly returns: "i32" }>>;
/** Bun would take a typed array for a `ptr`, but nothing would keep its bytes in place: only addresses are allowed. */
type Argument<P> = P extends "ptr" ? Address | null : P extends "u64" ? number | bigint : number;
type Arguments<P extends readonly Parameter[]> = { [I in keyof P]: Argument<P[I]> };

export type CFunctions<S extends Symbols> = {
  readonly [N in keyof S]: (...args: Arguments<S[N]["args"]>) => number;
};

/**
 * The C library that this process already has, so that nothing is looked up in any directory: glibc knows it by this
 * name, and musl takes every `libc.*` for itself. No second name is tried: Bun looks for a library that it cannot open
 * in the working directory, where anybody may have put one.
 */
const LOADED_LIBC = "libc.so.6";

/** Compiled calls, which the collector must not free while their functions are in use. */
const libraries: unknown[] = [];

/**
 * Functions of the C library of a 64-bit Linux, glibc or musl. Throws where one of them is missing, and where Bun can
 * call no C at all: without a JIT compiler, which a limit of the address space (`ulimit -v`) takes away.
 */
export function openLibc<const S extends Symbols>(symbols: S): CFunctions<S> {
  const library = dlopen(LOADED_LIBC, symbols as unknown as Parameters<typeof dlopen>[1]);
  libraries.push(library);
  return library.symbols as unknown as CFunctions<S>;
}

/** The same, opened at the first call of what this returns, which answers null where it cannot be opened. */
export function libcOnDemand<const S extends Symbols>(symbols: S): () => CFunctions<S> | null {
  let opened: CFunctions<S> | null | undefined;
  return () => {
    if (opened !== undefined) return opened;
    try {
      opened = process.platform === "linux" ? openLibc(symbols) : null;
    } catch {
      opened = null;
    }
    return opened;
  };
}
