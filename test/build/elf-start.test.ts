import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { join } from "node:path";
import { recordStart } from "../../scripts/build/elf-start.ts";
import { readStartRecord, type StartRecord } from "../../src/capture/linux/start-record.ts";
import { executable, newFolder } from "./built.ts";

describe.if(process.platform === "linux")("an executable that notes down how it is started", () => {
  // Debian's cat is position-independent (ET_DYN), Bun is not (ET_EXEC).
  test("knows the caller's limit and ignored signals", async () => {
    const cat = join(newFolder("elf"), "cat");
    fs.copyFileSync(Bun.which("cat")!, cat);
    await recordStart(cat);
    const { record, ignoredNow } = await started([cat]);
    expect(record).toEqual({ fileLimit: 321n, ignoredSignals: ignoredNow & 0x1_ffff_ffffn, directory: null });
  });

  test("knows what Bun has changed since", async () => {
    const bun = join(newFolder("elf"), "bun");
    fs.copyFileSync(process.execPath, bun);
    await recordStart(bun);
    const { record, ignoredNow } = await started([bun, "-e", "for await (const line of console) console.log(line)"]);
    expect(record!.fileLimit).toBe(321n);
    expect(record!.ignoredSignals & SIGHUP).toBe(SIGHUP);
    expect(record!.ignoredSignals & SIGXFSZ).toBe(0n);
    expect(ignoredNow & SIGXFSZ).toBe(SIGXFSZ);
  });

  test("comes from the build, and a second treatment changes nothing", async () => {
    const copy = join(newFolder("elf"), "scenariolog");
    fs.copyFileSync(await executable(), copy);
    const before = Bun.SHA256.hash(await Bun.file(copy).bytes(), "hex");
    await recordStart(copy);
    expect(Bun.SHA256.hash(await Bun.file(copy).bytes(), "hex")).toBe(before);
  });

  test("without a record yields none", () => {
    expect(readStartRecord()).toBeUndefined();
  });
});

describe.if(process.platform === "linux")("is refused, and left as it was:", () => {
  const PT_LOAD = 1;
  const PT_NOTE = 4;
  const cases: Record<string, { spoil: (elf: Buffer) => void; says: string }> = {
    "another format": { spoil: (elf) => elf.write("MZ"), says: "no ELF file" },
    "a 32-bit one": { spoil: (elf) => elf.writeUInt8(1, 4), says: "not 64-bit" },
    "an object file": { spoil: (elf) => elf.writeUInt16LE(1, 16), says: "of type 1" },
    "another machine": { spoil: (elf) => elf.writeUInt16LE(243, 18), says: "machine 243" },
    "no entry point": { spoil: (elf) => elf.writeBigUInt64LE(0n, 24), says: "no entry point" },
    "an entry point in data": {
      spoil: (elf) => elf.writeBigUInt64LE(headers(elf, PT_LOAD).at(-1)!.readBigUInt64LE(16), 24),
      says: "in no executable segment",
    },
    "segments out of order": {
      spoil: (elf) => headers(elf, PT_LOAD)[0]!.writeBigUInt64LE(1n << 40n, 40),
      says: "out of order",
    },
    "a last segment that cannot be written": {
      spoil: (elf) => headers(elf, PT_LOAD).at(-1)!.writeUInt32LE(4, 4),
      says: "not a writable one",
    },
    "no PT_NOTE to give away": {
      spoil: (elf) => {
        for (const header of headers(elf, PT_NOTE)) header.writeUInt32LE(0, 0);
      },
      says: "no PT_NOTE",
    },
  };
  for (const [what, { spoil, says }] of Object.entries(cases)) {
    test(what, async () => {
      const path = join(newFolder("elf"), "spoiled");
      const elf = fs.readFileSync(Bun.which("cat")!);
      spoil(elf);
      fs.writeFileSync(path, elf);
      await expect(recordStart(path)).rejects.toThrow(says);
      expect(fs.readFileSync(path).equals(elf)).toBe(true);
    });
  }
});

const SIGHUP = 1n << 0n;
const SIGXFSZ = 1n << 24n;

/** Starts a program that echoes, where 321 files may be open and SIGHUP is ignored, and looks at it while it runs. */
async function started(argv: string[]): Promise<{ record: StartRecord | undefined; ignoredNow: bigint }> {
  const caller = ["bash", "-c", "ulimit -Sn 321; trap '' HUP; exec \"$@\"", "-"];
  await using child = Bun.spawn([...caller, ...argv], { stdin: "pipe", stdout: "pipe" });
  child.stdin.write("up\n");
  child.stdin.flush();
  await child.stdout.getReader().read();
  const status = fs.readFileSync(`/proc/${child.pid}/status`, "latin1");
  return { record: readStartRecord(child.pid), ignoredNow: BigInt(`0x${/^SigIgn:\t(.*)$/m.exec(status)![1]}`) };
}

/** The Elf64_Phdr of a type, in place. */
function headers(elf: Buffer, type: number): Buffer[] {
  const start = Number(elf.readBigUInt64LE(32));
  const all = Array.from({ length: elf.readUInt16LE(56) }, (_, i) =>
    elf.subarray(start + i * 56, start + (i + 1) * 56),
  );
  return all.filter((header) => header.readUInt32LE(0) === type);
}
