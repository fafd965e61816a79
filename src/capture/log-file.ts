import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import { writeAll } from "./descriptors.ts";

/** What a finished log holds. */
export interface Written {
  /** Where it is now; null when no file could be written at all. */
  readonly path: string | null;
  /** Of the bytes in the file, and no others. */
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** What went wrong, in one line; undefined when the file is whole. */
  readonly problem: string | undefined;
}

/**
 * A file that one stream goes into, hashed on the way: one pass over the bytes. Where the file cannot take them, they
 * go to the console instead of nowhere.
 */
export class LogFile {
  #fd = -1;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  #sizeBytes = 0;
  #consoleBytes = 0;
  #problem: string | undefined;
  /** The new name of what had this one before; null when nothing had. */
  readonly movedAside: string | null;

  constructor(
    readonly path: string,
    /** The console's descriptor for this stream: 1 or 2. */
    private readonly consoleFd: 1 | 2,
  ) {
    try {
      [this.#fd, this.movedAside] = openNew(path);
    } catch (error) {
      this.movedAside = null;
      this.#problem = `${path} could not be made: ${reasonOf(error)}`;
    }
  }

  write(chunk: Uint8Array): void {
    let kept = 0;
    if (this.#fd >= 0 && this.#problem === undefined) {
      const { written, error } = writeAll(this.#fd, chunk);
      kept = written;
      this.#sizeBytes += written;
      this.#hasher.update(written === chunk.length ? chunk : chunk.subarray(0, written));
      if (error !== undefined) this.#problem = `${this.path} could not be written: ${reasonOf(error)}`;
    }
    if (kept === chunk.length) return;
    this.#consoleBytes += chunk.length - kept;
    // A console that is gone as well leaves nowhere to go.
    writeAll(this.consoleFd, chunk.subarray(kept));
  }

  /** `movedTo`: where the file is now when somebody who knows this program moved it aside. Never throws. */
  close(movedTo: string = this.path): Written {
    let file: string | null = null;
    if (this.#fd >= 0) {
      try {
        file = this.#settle(movedTo);
        fs.closeSync(this.#fd);
      } catch (error) {
        this.#problem ??= `${this.path} was removed while the step ran, and could not be written again: ${reasonOf(error)}`;
      }
    }
    const rest = this.#consoleBytes > 0 ? `; ${this.#consoleBytes} bytes went to the console` : "";
    return {
      path: file,
      sizeBytes: this.#sizeBytes,
      sha256: this.#hasher.digest("hex"),
      problem: this.#problem === undefined ? undefined : this.#problem + rest,
    };
  }

  /** The file's path, unless it was removed or replaced while the step ran: then what we hold is written anew. */
  #settle(expected: string): string {
    const own = fs.fstatSync(this.#fd);
    for (const file of [this.path, expected]) {
      const there = fs.lstatSync(file, { throwIfNoEntry: false });
      if (there?.ino === own.ino && there.dev === own.dev) return file;
    }
    fs.mkdirSync(path.dirname(this.path), { recursive: true });
    const file = freeName(this.path);
    copy(this.#fd, file);
    return file;
  }
}

/**
 * A new file: exclusive, so that neither an earlier log nor a link that somebody planted is written through. Whatever
 * has the name is renamed, never overwritten. Throws the system's error.
 */
function openNew(file: string): [fd: number, movedAside: string | null] {
  let movedAside: string | null = null;
  for (let tries = 0; ; tries++) {
    try {
      return [fs.openSync(file, "wx+", 0o666), movedAside];
    } catch (error) {
      // Ten times: another recorder may be at the same name at the same moment.
      if (systemCode(error) !== "EEXIST" || tries === 10) throw error;
      movedAside = moveAside(file) ?? movedAside;
    }
  }
}

/**
 * The new name is taken first, by an empty file or directory that the renaming replaces: two recorders at once never
 * rename onto each other. Null when somebody else was faster.
 */
function moveAside(file: string): string | null {
  const directory = fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory();
  const aside = freeName(file);
  if (directory) fs.mkdirSync(aside);
  else fs.closeSync(fs.openSync(aside, "wx"));
  try {
    fs.renameSync(file, aside);
    return aside;
  } catch (error) {
    fs.rmSync(aside, { recursive: directory === true, force: true });
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** `step-01-stdout.txt`, `step-01-stdout.1.txt`, `step-01-stdout.2.txt`…: the first that is not there. */
export function freeName(file: string): string {
  const { dir, name, ext } = path.parse(file);
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? file : path.join(dir, `${name}.${number}${ext}`);
    if (!fs.lstatSync(candidate, { throwIfNoEntry: false })) return candidate;
  }
}

function copy(from: number, to: string): void {
  const fd = fs.openSync(to, "wx", 0o666);
  try {
    const buffer = new Uint8Array(1 << 20);
    let position = 0;
    for (;;) {
      const read = fs.readSync(from, buffer, 0, buffer.length, position);
      if (read === 0) return;
      const { error } = writeAll(fd, buffer.subarray(0, read));
      if (error !== undefined) throw error;
      position += read;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** "no space left on device" of Bun's "ENOSPC: no space left on device, write". */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? systemCode(error) ?? message;
}
