import fs from "node:fs";

/** The system's code for what was refused here rather than by the system. */
export class NotPlainError extends Error {
  readonly code = "ENOTPLAIN";
}

/**
 * Opens a regular file to be read. A FIFO, device or directory is refused and never waited for; so is a link that
 * somebody put in its place, when `exact` says that the path is a real path: then the descriptor must lead to that very
 * path, whatever was swapped meanwhile. Throws the system's error, or NotPlainError.
 */
export function openPlain(file: string, options: { readonly exact?: boolean } = {}): number {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;
  // Asked first, since opening a device may already do something.
  const before = options.exact ? fs.lstatSync(file) : fs.statSync(file);
  if (!before.isFile()) throw new NotPlainError(`${file} is not a regular file`);
  const fd = fs.openSync(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | (options.exact ? O_NOFOLLOW : 0));
  try {
    const now = fs.fstatSync(fd);
    const isSame = now.isFile() && now.dev === before.dev && now.ino === before.ino;
    if (!isSame || (options.exact && !leadsTo(fd, file))) throw new NotPlainError(`${file} was replaced`);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Where the system does not say what a descriptor leads to, the path is resolved once more. */
function leadsTo(fd: number, real: string): boolean {
  let target: string;
  try {
    target = fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    target = fs.realpathSync(real);
  }
  return target === real;
}

/**
 * The first `maxBytes` of a regular file. Null when there is no such file, it is no regular one, it is larger, cannot be
 * read, or belongs to another user than those in `owners` (any, when that is null).
 */
export function readPlain(file: string, maxBytes: number, owners: ReadonlySet<number> | null = null): Buffer | null {
  let fd: number;
  try {
    fd = openPlain(file);
  } catch {
    return null;
  }
  try {
    const { size, uid } = fs.fstatSync(fd);
    if (size > maxBytes || (owners !== null && !owners.has(uid))) return null;
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const read = fs.readSync(fd, bytes, at, size - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}
