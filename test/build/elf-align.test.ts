import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { join } from "node:path";
import { withLargePages } from "../../scripts/build/elf-align.ts";
import { PF_X, PT_LOAD, type Segment, segmentsOf } from "../../scripts/build/elf-segment.ts";
import { executable, mustRun, newFolder, removeFolders } from "./built.ts";

afterAll(removeFolders);

describe.if(process.platform === "linux")("an executable whose code can be mapped in large pages", () => {
  const bun = fs.readFileSync(process.execPath);
  const moved = withLargePages(bun);

  test("has it in the file where it is in memory, but for whole large pages", () => {
    const isApart = ({ address, offset }: Segment) => (address - offset) % (2n << 20n) !== 0n;
    // Else this Bun needs no such thing, and this test is to go.
    if (process.arch === "x64") expect(isApart(codeOf(bun))).toBe(true);
    expect(isApart(codeOf(moved))).toBe(false);
  });

  test("has all that the other one has, at the same addresses", () => {
    expect(loaded(moved)).toEqual(loaded(bun));
    expect(sections(moved)).toEqual(sections(bun));
  });

  test("runs, and so does the one that the build makes", async () => {
    const path = join(newFolder("elf"), "bun");
    fs.writeFileSync(path, moved, { mode: 0o755 });
    expect(await mustRun([path, "-e", "console.log(6 * 7)"], newFolder("elf"))).toBe("42\n");
    const built = fs.readFileSync(await executable());
    expect(withLargePages(built)).toBe(built);
  });

  test("is left as it is when it is moved already, or is something else", () => {
    expect(withLargePages(moved)).toBe(moved);
    for (const other of ["MZ", "\x7fELF\x01\x01 of 32 bits", ""]) {
      const file = Buffer.from(other, "latin1");
      expect(withLargePages(file)).toBe(file);
    }
  });
});

function all(elf: Buffer): Segment[] {
  const start = Number(elf.readBigUInt64LE(32));
  return segmentsOf(elf.subarray(start, start + elf.readUInt16LE(56) * 56));
}

function codeOf(elf: Buffer): Segment {
  return all(elf).find(
    ({ type, flags, fileBytes }) => type === PT_LOAD && (flags & PF_X) !== 0 && fileBytes > 1 << 20,
  )!;
}

/** What is mapped where. The first segment holds the table of segments itself, which must differ. */
function loaded(elf: Buffer) {
  return all(elf)
    .filter(({ type }) => type === PT_LOAD)
    .map(({ address, end, offset, fileBytes }, i) => ({ address, end, content: i && hashAt(elf, offset, fileBytes) }));
}

function sections(elf: Buffer) {
  const start = Number(elf.readBigUInt64LE(40));
  return Array.from({ length: elf.readUInt16LE(60) }, (_, i) => {
    const header = elf.subarray(start + i * 64, start + (i + 1) * 64);
    const isInFile = header.readUInt32LE(4) !== 8; // SHT_NOBITS
    return {
      address: header.readBigUInt64LE(16),
      content: isInFile && hashAt(elf, header.readBigUInt64LE(24), header.readBigUInt64LE(32)),
    };
  });
}

function hashAt(elf: Buffer, offset: bigint, bytes: bigint): string {
  return Bun.SHA256.hash(elf.subarray(Number(offset), Number(offset + bytes)), "hex");
}
