import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ArchiveEntry, tarGz, zip } from "./archive.ts";
import { compileExecutable } from "./compile.ts";
import { documents, readableSize, root, version } from "./project.ts";
import { type Target, targets } from "./targets.ts";

/**
 * Builds each target of `wanted` into `outdir`: the executable and an archive of it, and one SHA256SUMS over all files of this
 * version there. All files in an archive have the same date, so that two builds of one commit are equal.
 */
export async function buildRelease(outdir: string, wanted: Target[]): Promise<void> {
  const modifiedAt = await commitTime();
  const documents = await readDocuments();
  for (const target of wanted) {
    const { windows } = targets[target];
    const name = `scenariolog-${version}-${target}`;
    const executable = join(outdir, windows ? `${name}.exe` : name);
    await compileExecutable(executable, target);

    const program = { name: windows ? "scenariolog.exe" : "scenariolog", bytes: await Bun.file(executable).bytes() };
    const entries = [{ ...program, executable: true }, ...documents].map((e) => ({ ...e, name: `${name}/${e.name}` }));
    const archive = windows ? zip(entries, modifiedAt) : tarGz(entries, modifiedAt);
    const archiveName = `${name}${windows ? ".zip" : ".tar.gz"}`;
    await Bun.write(join(outdir, archiveName), archive);
    console.log(`${name}  ${readableSize(program.bytes.length)}, ${archiveName} ${readableSize(archive.length)}`);
  }
  await writeSums(outdir);
}

async function readDocuments(): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for (const name of documents()) {
    entries.push({ name, bytes: await Bun.file(join(root, name)).bytes(), executable: false });
  }
  return entries;
}

/** `SOURCE_DATE_EPOCH` (the convention of reproducible-builds.org), the commit's time, or outside of git: now. */
async function commitTime(): Promise<Date> {
  const given =
    process.env.SOURCE_DATE_EPOCH ?? (await Bun.$`git log -1 --format=%ct`.cwd(root).nothrow().quiet().text());
  const seconds = Number.parseInt(given, 10);
  return Number.isNaN(seconds) ? new Date() : new Date(seconds * 1000);
}

/** In the form that `sha256sum -c` reads. */
async function writeSums(outdir: string): Promise<void> {
  const names = (await readdir(outdir)).filter((name) => name.startsWith(`scenariolog-${version}-`)).sort();
  const lines: string[] = [];
  for (const name of names) {
    const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(join(outdir, name)).bytes());
    lines.push(`${hash.digest("hex")}  ${name}\n`);
  }
  await Bun.write(join(outdir, "SHA256SUMS"), lines.join(""));
  console.log(`SHA256SUMS over ${names.length} files`);
}
