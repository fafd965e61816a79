import { ptr } from "bun:ffi";
import type { Address } from "./libc.ts";

/** Enough for most calls. */
const PAGE_BYTES = 16 << 10;
/** Of every C type. */
const ALIGNMENT = 16;

/**
 * What C may look at now. An address is a mere number to the engine: it would free or move the bytes behind it as soon as
 * nothing else refers to them, also in the middle of a call, and also if a local variable that is not read any more does.
 * This set is reachable as long as the module is, and nobody can prove that what is in it is not needed.
 */
const inUse = new Set<Memory>();
/** For the next call: most need no more than one page, one after the other. */
let spare: Page | undefined;

interface Page {
  /** Never resized or transferred, so that its bytes stay where they are. */
  readonly bytes: Uint8Array;
  readonly address: number;
  used: number;
}

/**
 * Gives `use` memory for calls of C functions: every byte that they read or write, from before the first address is
 * known until `use` has returned. What they wrote is to be read there; no address is good for anything afterwards.
 */
export function withMemory<T>(
  use: (memory: Memory) => T,
  ..._notLater: T extends PromiseLike<unknown> ? [never] : []
): T {
  const memory = new Memory();
  inUse.add(memory);
  try {
    return use(memory);
  } finally {
    memory.release();
    inUse.delete(memory);
  }
}

/** A piece of memory that stays where it is until its `withMemory` returns. */
export class Block {
  readonly #memory: Memory;
  readonly #address: number;

  constructor(
    memory: Memory,
    address: number,
    /** The bytes themselves, zero at first. */
    readonly data: DataView,
  ) {
    this.#memory = memory;
    this.#address = address;
  }

  /** Throws when the memory has been given back. */
  get address(): Address {
    return this.at(0);
  }

  /** The address of a byte in it. */
  at(offset: number): Address {
    if (this.#memory.isReleased) throw new Error("the memory of this C call has been given back");
    return (this.#address + offset) as Address;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }
}

export class Memory {
  readonly #pages: Page[] = [];
  #released = false;

  get isReleased(): boolean {
    return this.#released;
  }

  /** That many bytes, all zero. */
  block(size: number): Block {
    if (this.#released) throw new Error("the memory of this C call has been given back");
    const page = this.#pageFor(size);
    const at = page.used;
    page.used = Math.ceil((at + size) / ALIGNMENT) * ALIGNMENT;
    return new Block(this, page.address + at, new DataView(page.bytes.buffer, at, size));
  }

  copy(bytes: Uint8Array): Block {
    const block = this.block(bytes.length);
    block.bytes.set(bytes);
    return block;
  }

  /** `int` after `int`, 32 bits each. */
  ints(...values: readonly number[]): Block {
    const block = this.block(4 * values.length);
    for (let i = 0; i < values.length; i++) block.data.setInt32(4 * i, values[i]!, true);
    return block;
  }

  /** 64 bits each. */
  longs(...values: readonly bigint[]): Block {
    const block = this.block(8 * values.length);
    for (let i = 0; i < values.length; i++) block.data.setBigUint64(8 * i, values[i]!, true);
    return block;
  }

  /** NUL-terminated. */
  string(text: string): Block {
    return this.copy(Buffer.from(`${text}\0`));
  }

  /** A NULL-terminated table of pointers to these strings. */
  strings(texts: readonly string[]): Block {
    return this.stringsIn(Buffer.from(texts.map((text) => `${text}\0`).join("")));
  }

  /** The same for NUL-terminated strings that lie one behind the other. */
  stringsIn(strings: Uint8Array): Block {
    const starts: number[] = [];
    for (let at = 0; at < strings.length; at = strings.indexOf(0, at) + 1) starts.push(at);
    const block = this.copy(strings);
    return this.longs(...starts.map((start) => BigInt(block.at(start))), 0n);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    const [first] = this.#pages;
    if (first === undefined || first.bytes.length > PAGE_BYTES) return;
    first.bytes.fill(0, 0, first.used);
    first.used = 0;
    spare = first;
  }

  #pageFor(size: number): Page {
    const last = this.#pages.at(-1);
    if (last && last.used + size <= last.bytes.length) return last;
    const page = (size <= PAGE_BYTES && takeSpare()) || newPage(Math.max(size, PAGE_BYTES));
    this.#pages.push(page);
    return page;
  }
}

function takeSpare(): Page | undefined {
  const page = spare;
  spare = undefined;
  return page;
}

function newPage(size: number): Page {
  // Not `new Uint8Array(size)`: the engine keeps a small one among its own objects, and moves it when its buffer is asked for.
  const bytes = new Uint8Array(new ArrayBuffer(size));
  return { bytes, address: ptr(bytes), used: 0 };
}
