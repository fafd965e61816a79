import { type FileHandle, open } from "node:fs/promises";
import { HEADER_BYTES, RECORD_BYTES, SIGNATURE } from "../../src/capture/linux/start-record.ts";
import { startCode } from "./elf-start-code.ts";
import { ScriptError } from "./project.ts";

/**
 * Makes a Linux executable note down, before its own first instruction, what its caller gave it (see
 * src/capture/linux/start-record.ts): Bun changes that before any JavaScript runs.
 *
 * The code goes to the end of the file, and a program header PT_NOTE, which nothing that runs needs (it repeats the
 * build id's section), becomes the PT_LOAD that maps it: lld leaves no room that could be relied upon between or in the
 * segments of Bun's executables. The record lies behind the last writable segment, whose p_memsz takes it in: musl gives
 * what the headers do not claim of a page to malloc. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
 *
 * A file that has been treated already is left as it is; one with another layout is refused.
 */
export async function recordStart(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await treat(file, (why) => new ScriptError(`cannot make ${path} note down how it is started: ${why}`));
  } finally {
    await file.close();
  }
}

const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_RELRO = 0x6474e552;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;

const signature = new Uint8Array(new BigUint64Array(SIGNATURE).buffer);

type Refuse = (why: string) => Error;

async function treat(file: FileHandle, refuse: Refuse): Promise<void> {
  const header = await bytesAt(file, 0, 64);
  const code = codeFor(header, refuse);
  const entry = header.readBigUInt64LE(24);
  const table = await bytesAt(file, Number(header.readBigUInt64LE(32)), header.readUInt16LE(56) * 56);
  const segments = Array.from(
    { length: Math.floor(table.length / 56) },
    (_, i) => new Segment(table.subarray(i * 56, (i + 1) * 56)),
  );
  if (await isTreated(file, segments, entry)) return;

  const { writable, note } = checkedLayout(segments, entry, refuse);
  // p_vaddr and p_offset must be equal modulo the page size, which on arm64 is up to 64 KiB.
  const alignment = segments.reduce(
    (most, { type, align }) => (type === PT_LOAD && align > most ? align : most),
    4096n,
  );
  const record = up(writable.end, 16n);
  const recordEnd = record + BigInt(RECORD_BYTES);
  const offset = up(BigInt((await file.stat()).size), 16n);
  const address = up(recordEnd, alignment) + (offset % alignment);
  const start = address + BigInt(HEADER_BYTES);

  const appended = Buffer.alloc(HEADER_BYTES + code.length);
  appended.set(signature);
  appended.writeBigInt64LE(record - start, 16);
  appended.writeBigInt64LE(entry - start, 24);
  appended.set(code, HEADER_BYTES);
  writable.end = recordEnd;
  note.load(PF_R | PF_X, offset, address, BigInt(appended.length), alignment);
  header.writeBigUInt64LE(start, 24);

  await file.write(appended, 0, appended.length, Number(offset));
  await file.write(table, 0, table.length, Number(header.readBigUInt64LE(32)));
  await file.write(header, 0, header.length, 0);
}

function codeFor(header: Buffer, refuse: Refuse): Uint8Array {
  if (header.length < 64 || header.toString("latin1", 0, 4) !== "\x7fELF") throw refuse("it is no ELF file");
  if (header[4] !== 2 || header[5] !== 1) throw refuse("it is not 64-bit little-endian");
  const [type, machine] = [header.readUInt16LE(16), header.readUInt16LE(18)];
  if (type !== 2 && type !== 3) throw refuse(`it is of type ${type}, not ET_EXEC or ET_DYN`);
  const code = startCode[machine];
  if (!code) throw refuse(`there is no code for machine ${machine}`);
  if (header.readUInt16LE(54) !== 56) throw refuse("its program headers are not of 56 bytes");
  if (header.readBigUInt64LE(24) === 0n) throw refuse("it has no entry point");
  return code;
}

async function isTreated(file: FileHandle, segments: Segment[], entry: bigint): Promise<boolean> {
  const start = entry - BigInt(HEADER_BYTES);
  const segment = segments.find((one) => one.type === PT_LOAD && one.address <= start && entry < one.end);
  if (!segment) return false;
  const found = await bytesAt(file, Number(segment.offset + start - segment.address), signature.length);
  return found.equals(signature);
}

function checkedLayout(segments: Segment[], entry: bigint, refuse: Refuse): { writable: Segment; note: Segment } {
  const loads = segments.filter((one) => one.type === PT_LOAD);
  const writable = loads.at(-1);
  if (!writable) throw refuse("it has no PT_LOAD");
  // "Loadable segment entries in the program header table appear in ascending order": ours comes last in both.
  if (loads.some((one, i) => i > 0 && one.address < loads[i - 1]!.end)) throw refuse("its segments are out of order");
  if (writable.flags !== (PF_R | PF_W)) throw refuse("its last segment is not a writable one");
  if (!loads.some((one) => (one.flags & PF_X) !== 0 && one.address <= entry && entry < one.end)) {
    throw refuse("its entry point is in no executable segment");
  }
  if (segments.some((one) => one.type === PT_GNU_RELRO && one.end >= writable.end)) {
    throw refuse("its last segment becomes read-only");
  }
  const note = segments.slice(segments.indexOf(writable)).find((one) => one.type === PT_NOTE);
  if (!note) throw refuse("it has no PT_NOTE behind its last PT_LOAD");
  return { writable, note };
}

/** An Elf64_Phdr, in the bytes that it is given. */
class Segment {
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

  get address(): bigint {
    return this.#bytes.readBigUInt64LE(16);
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

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function up(value: bigint, to: bigint): bigint {
  return ((value + to - 1n) / to) * to;
}
