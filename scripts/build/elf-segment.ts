/** Types and flags of program headers. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const PT_GNU_RELRO = 0x6474e552;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

/** Of an Elf64_Ehdr: how long it is, and of each header in the table of segments. */
export const HEADER_LENGTH = 64;
export const SEGMENT_LENGTH = 56;

/** The segments in a table of program headers: what is changed in one is changed in the table. */
export function segmentsOf(table: Buffer): Segment[] {
  return Array.from(
    { length: Math.floor(table.length / SEGMENT_LENGTH) },
    (_, i) => new Segment(table.subarray(i * SEGMENT_LENGTH, (i + 1) * SEGMENT_LENGTH)),
  );
}

/** An Elf64_Phdr, in the bytes that it is given. */
export class Segment {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get type(): number {
    return this.#bytes.readUInt32LE(0);
  }

  get flags(): number {
    return this.#bytes.readUInt32LE(4);
  }

  get offset(): bigint {
    return this.#bytes.readBigUInt64LE(8);
  }

  set offset(offset: bigint) {
    this.#bytes.writeBigUInt64LE(offset, 8);
  }

  get address(): bigint {
    return this.#bytes.readBigUInt64LE(16);
  }

  /** How much of it is in the file. */
  get fileBytes(): bigint {
    return this.#bytes.readBigUInt64LE(32);
  }

  /** Where it ends in memory, which p_memsz says. */
  get end(): bigint {
    return this.address + this.#bytes.readBigUInt64LE(40);
  }

  set end(end: bigint) {
    this.#bytes.writeBigUInt64LE(end - this.address, 40);
  }

  get align(): bigint {
    return this.#bytes.readBigUInt64LE(48);
  }

  load(flags: number, offset: bigint, address: bigint, size: bigint, align: bigint): void {
    this.#bytes.writeUInt32LE(PT_LOAD, 0);
    this.#bytes.writeUInt32LE(flags, 4);
    for (const [i, value] of [offset, address, address, size, size, align].entries()) {
      this.#bytes.writeBigUInt64LE(value, 8 + i * 8);
    }
  }
}
