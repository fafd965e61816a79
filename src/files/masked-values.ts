import fs from "node:fs";
import path from "node:path";
import type { Redactor } from "../model/redact/redactor.ts";
import { os } from "../sys/node-os.ts";

/** What nobody ended is not to stay for ever. */
const MOST_AGE_MS = 24 * 3600 * 1000;

/**
 * What the steps of a run have masked, for the processes that record its other steps. A hash of a value cannot be searched
 * for, so the values themselves are kept: readable for this user only, until the run ends, and not beside the database, from
 * where a CI job uploads everything, but in the user's run-time directory, which is in memory, or else in the temporary one.
 * Nothing here throws: a step is run and recorded all the same.
 */
export function keepMasks(database: string, runId: string, values: readonly string[]): void {
  try {
    const file = fileOf(database, runId);
    const dir = path.dirname(file);
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!isOurs(dir)) return;
    removeOld(dir);
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = fs.constants;
    const fd = fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      // One write, as other steps may have theirs at the same time.
      fs.writeSync(fd, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // The process that saw them knows them.
  }
}

/** Makes a redactor take them out as well. */
export function takeMasks(redactor: Redactor | undefined, database: string, runId: string): void {
  if (redactor === undefined) return;
  try {
    // One look, for every start: most users have never masked a value.
    if (!fs.existsSync(maskDir())) return;
    const file = fileOf(database, runId);
    if (!fs.existsSync(file) || !isOurs(path.dirname(file))) return;
    for (const line of fs.readFileSync(file, "utf8").split("\n")) if (line !== "") redactor.mask(JSON.parse(line));
  } catch {
    // Half a line, or none of ours.
  }
}

/** When the run has ended. */
export function forgetMasks(database: string, runId: string): void {
  try {
    fs.rmSync(fileOf(database, runId), { force: true });
  } catch {
    // It goes with the directory, or after a day.
  }
}

/** Bun's own os.tmpdir() is a module to load. */
function maskDir(): string {
  const { XDG_RUNTIME_DIR: runtime, TMPDIR: temp } = process.env;
  const base =
    runtime && path.isAbsolute(runtime) && fs.existsSync(runtime)
      ? runtime
      : process.platform === "win32"
        ? os().tmpdir()
        : temp || "/tmp";
  return path.join(base, `scenariolog-${process.getuid?.() ?? 0}`);
}

function fileOf(database: string, runId: string): string {
  const name = Bun.hash(`${fs.realpathSync(database)}\n${runId}`)
    .toString(16)
    .padStart(16, "0");
  return path.join(maskDir(), `masks-${name}`);
}

/** Others can neither read it nor have made it for us. */
function isOurs(dir: string): boolean {
  const stat = fs.lstatSync(dir);
  return (
    stat.isDirectory() && (process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o077) === 0))
  );
}

function removeOld(dir: string): void {
  for (const name of fs.readdirSync(dir)) {
    const file = path.join(dir, name);
    if (Date.now() - fs.lstatSync(file).mtimeMs > MOST_AGE_MS) fs.rmSync(file, { force: true });
  }
}
