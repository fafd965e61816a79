import { describe, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { type ArchiveEntry, tarGz, zip } from "../../scripts/build/archive.ts";
import { mustRun, newFolder } from "./built.ts";

const modifiedAt = new Date("2024-02-29T12:34:56Z");
const entries: ArchiveEntry[] = [
  { name: "tool-1.0/tool", bytes: new Uint8Array(100_001).fill(65), executable: true },
  { name: "tool-1.0/empty", bytes: new Uint8Array(0), executable: false },
  { name: "tool-1.0/block", bytes: new Uint8Array(512).fill(66), executable: false },
];

async function expectUnpacked(folder: string): Promise<void> {
  for (const { name, bytes, executable } of entries) {
    expect(await Bun.file(join(folder, name)).bytes()).toEqual(bytes);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(executable ? 0o755 : 0o644);
    expect(statSync(join(folder, name)).mtimeMs).toBe(modifiedAt.getTime());
  }
}

describe("a release archive", () => {
  test("for Unix is one that tar unpacks, with modes and times", async () => {
    const folder = newFolder("tar");
    await Bun.write(join(folder, "a.tar.gz"), tarGz(entries, modifiedAt));
    await mustRun(["tar", "-xzpf", "a.tar.gz"], folder);
    await expectUnpacked(folder);
  });

  test.skipIf(Bun.which("unzip") === null)("for Windows is one that unzip unpacks, without a complaint", async () => {
    const folder = newFolder("zip");
    await Bun.write(join(folder, "a.zip"), zip(entries, modifiedAt));
    expect(await mustRun(["unzip", "-tq", "a.zip"], folder)).toContain("No errors detected");
    await mustRun(["unzip", "-q", "a.zip"], folder, { PATH: process.env.PATH ?? "", TZ: "UTC" });
    await expectUnpacked(folder);
  });

  test("is the same for the same content, byte by byte", () => {
    expect(tarGz(entries, modifiedAt)).toEqual(tarGz(entries, modifiedAt));
    expect(zip(entries, modifiedAt)).toEqual(zip(entries, modifiedAt));
  });
});
