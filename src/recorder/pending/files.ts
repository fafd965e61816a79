import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../../errors.ts";
import { fileIdOf } from "../../sys/file-id.ts";

/** Nothing that a recorder writes is larger; only tags and the words of a command can make it grow. */
const MOST_BYTES = 16 << 20;
/** `step-02-pending-<16 hex>.jsonl`, `run-pending-<16 hex>.jsonl`. */
const PENDING_NAME = /^(?:step-\d{2,}|run)-pending-[0-9a-f]{16}\.jsonl$/;

/** `stepNum` null: rows of the run itself. A name that no other recorder chooses. */
export function pendingFileName(stepNum: number | null): string {
  const owner = stepNum === null ? "run" : `step-${String(stepNum).padStart(2, "0")}`;
  return `${owner}-pending-${crypto.getRandomValues(new Uint8Array(8)).toHex()}.jsonl`;
}

/**
 * Writes a file that is there whole or not at all, whatever ends this process or the machine. It takes the place of one of
 * the same name. Throws the system's error, and leaves nothing behind then.
 */
export function writeDurably(file: string, text: string): void {
  const unfinished = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  try {
    const fd = fs.openSync(unfinished, "w", 0o600);
    try {
      fs.writeFileSync(fd, text);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(unfinished, file);
  } catch (error) {
    fs.rmSync(unfinished, { force: true });
    throw error;
  }
  syncDirectory(path.dirname(file));
}

/** Not every file system can, and not every platform: then the name may be lost with the power, and no more can be done. */
function syncDirectory(dir: string): void {
  try {
    const fd = fs.openSync(dir, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // See above.
  }
}

/** Full paths of the files of pending rows in a directory, in the order of their names; none if it cannot be read. */
export function pendingFilesIn(dir: string): string[] {
  try {
    return fs
      .readdirSync(dir)
      .filter((name) => PENDING_NAME.test(name))
      .sort()
      .map((name) => path.join(dir, name));
  } catch {
    return [];
  }
}

export type ReadPending = { readonly text: string; readonly fileId: string | null } | { readonly problem: string };

/**
 * Reads a file of pending rows. Others may be able to write into a log dir: it is read only if it is a regular file of this
 * user's, and no link. A problem is the end of a sentence that begins with its path. Null if it is gone: somebody has taken
 * it in.
 */
export function readPending(file: string): ReadPending | null {
  let fd: number;
  try {
    // Not blocking, as opening a pipe would wait for its writer.
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
    fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") return null;
    return { problem: code === "ELOOP" ? "is a link" : `cannot be read: ${code ?? error}` };
  }
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) return { problem: "is not a regular file" };
    if (!isOwn(stat)) return { problem: "belongs to another user" };
    if (stat.size > MOST_BYTES) return { problem: `is larger than ${MOST_BYTES} bytes` };
    const bytes = Buffer.alloc(stat.size);
    return { text: bytes.toString("utf8", 0, fs.readSync(fd, bytes, 0, stat.size, 0)), fileId: fileIdOf(fd) };
  } catch (error) {
    return { problem: `cannot be read: ${systemCode(error) ?? error}` };
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether a file is the one that was read; another one has taken it in if it is gone. */
export function isSameFile(file: string, fileId: string | null): boolean {
  return fileIdOf(file) === fileId;
}

/** Removes a file that was read; not the one that its recorder, who knows more by now, has put in its place. */
export function removePending(file: string, fileId: string | null): void {
  if (isSameFile(file, fileId)) fs.rmSync(file, { force: true });
}

/** Whether this user owns a file. True where files have no owners. */
export function isOwn({ uid }: { readonly uid: number }): boolean {
  const own = process.getuid?.();
  return own === undefined || uid === own;
}
