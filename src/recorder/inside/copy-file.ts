import fs from "node:fs";
import { reasonOf, ScenariologError } from "../../errors.ts";
import { closeWritten, writeAll } from "../../sys/descriptors.ts";
import { makeFree } from "../../sys/new-file.ts";

const READ_BYTES = 1 << 20;
/** Where a NUL says that a file is no text, as git and grep look for one. */
const LOOK_BYTES = 8 << 10;

/** What was read of a file: of these very bytes, whatever becomes of it. */
export interface Content {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly isText: boolean;
}

/** Opens a regular file to be read. Throws FILE for anything else, which it does not wait for (a FIFO). */
export function openRegular(file: string): number {
  try {
    const kind = kindOf(fs.statSync(file));
    if (kind !== null) throw new ScenariologError("FILE", `${file} is ${kind}, not a file that can be kept`);
    return fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (error instanceof ScenariologError) throw error;
    throw new ScenariologError("FILE", `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Reads an open file to its end, and hands every piece to `take`. Throws FILE. */
export function readAll(fd: number, file: string, take: (bytes: Uint8Array) => void = () => {}): Content {
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(Math.max(1, Math.min(READ_BYTES, fs.fstatSync(fd).size + 1)));
  let sizeBytes = 0;
  let isText = true;
  for (;;) {
    const bytes = buffer.subarray(0, readPiece(fd, file, buffer));
    if (bytes.length === 0) return { sizeBytes, sha256: hasher.digest("hex"), isText };
    if (sizeBytes < LOOK_BYTES && bytes.subarray(0, LOOK_BYTES - sizeBytes).includes(0)) isText = false;
    hasher.update(bytes);
    take(bytes);
    sizeBytes += bytes.length;
  }
}

/**
 * Copies an open file to a new one of this name, or a numbered one: never over a file or through a link that is there.
 * Throws FILE where it cannot be read, STORE where the copy cannot be written, of which nothing stays then.
 */
export function copyToFree(fd: number, file: string, to: string): Content & { readonly copy: string } {
  let made: ReturnType<typeof makeFree> | undefined;
  try {
    made = makeFree(to);
    const { fd: out } = made;
    const content = readAll(fd, file, (bytes) => {
      const { error } = writeAll(out, bytes);
      if (error !== undefined) throw error;
    });
    const copy = made.file;
    const isWhole = closeWritten(made.fd);
    made = undefined;
    if (!isWhole) throw new Error("its last bytes may be lost");
    return { ...content, copy };
  } catch (error) {
    if (made) {
      fs.closeSync(made.fd);
      fs.rmSync(made.file, { force: true });
    }
    if (error instanceof ScenariologError) throw error;
    throw new ScenariologError("STORE", `${file} cannot be copied to ${to}: ${reasonOf(error)}`, { cause: error });
  }
}

function readPiece(fd: number, file: string, buffer: Uint8Array): number {
  try {
    return fs.readSync(fd, buffer);
  } catch (error) {
    throw new ScenariologError("FILE", `${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Null for a regular file. */
function kindOf(stat: fs.Stats): string | null {
  if (stat.isFile()) return null;
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}
