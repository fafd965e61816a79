import fs from "node:fs";
import path from "node:path";
import { reasonOf } from "../../errors.ts";
import { closeWritten, writeAll } from "../../sys/descriptors.ts";
import { fileIdOf, whereIs } from "../../sys/file-id.ts";
import { makeFree, openNew } from "../../sys/new-file.ts";
import { EMPTY_SHA256, LogHash } from "./log-hash.ts";

/** What a finished log holds. */
export interface Written {
  /** Where it is now; null when there is no file. */
  readonly path: string | null;
  /** See `fileIdOf`; null when there is no file. */
  readonly fileId: string | null;
  /** Of the bytes in the file, and no others. */
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Somebody else wrote into it, or emptied it: what was read of it before may be there no more. */
  readonly changed: boolean;
  /** What went wrong, in one line; undefined when the file is whole. */
  readonly problem: string | undefined;
}

/**
 * A file that one stream goes into, hashed on the way: one pass over the bytes. Where the file cannot take them, they
 * go to the console instead of nowhere.
 */
export class LogFile {
  /** Whether what comes when its step is over goes into a file beside it. */
  readonly keepsLate: boolean = true;
  #fd = -1;
  /** See `fileIdOf`; null when no file could be made. */
  #id: string | null = null;
  #hash: LogHash | null = null;
  #sizeBytes = 0;
  #consoleBytes = 0;
  #changed = false;
  #problem: string | undefined;
  /** The new names of what had this one before, in order. */
  readonly movedAside: readonly string[];

  constructor(
    readonly path: string,
    /** The console's descriptor for this stream; null where it gets all of it anyway. */
    private readonly consoleFd: 1 | 2 | null,
  ) {
    const movedAside: string[] = [];
    this.movedAside = movedAside;
    try {
      this.#fd = openNew(path, movedAside);
      this.#hash = new LogHash(this.#fd);
      this.#id = fileIdOf(this.#fd);
    } catch (error) {
      this.#problem = `${path} could not be made: ${reasonOf(error)}`;
    }
  }

  get fileId(): string | null {
    return this.#id;
  }

  /** Bytes in the file so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  write(chunk: Uint8Array): void {
    let kept = 0;
    if (this.#fd >= 0 && this.#problem === undefined) {
      const { written, error } = writeAll(this.#fd, chunk);
      kept = written;
      this.#sizeBytes += written;
      this.#hash?.update(written === chunk.length ? chunk : chunk.subarray(0, written));
      if (error !== undefined) this.#problem = `${this.path} could not be written: ${reasonOf(error)}`;
    }
    if (kept < chunk.length) this.#toConsole(chunk.subarray(kept));
  }

  /** Never throws. To be called once. */
  async close(): Promise<Written> {
    const sha256 = await this.#hash?.digest();
    const held = this.#fd >= 0 ? this.#settle(this.#fd, sha256) : { path: null, sizeBytes: 0, sha256: EMPTY_SHA256 };
    const rest = this.#consoleBytes > 0 ? `; ${this.#consoleBytes} bytes went to the console` : "";
    return {
      ...held,
      fileId: held.path === null ? null : this.#id,
      changed: this.#changed,
      problem: this.#problem === undefined ? undefined : this.#problem + rest,
    };
  }

  /** `sha256` is undefined when nobody has it yet. */
  #settle(fd: number, sha256: string | undefined): Pick<Written, "path" | "sizeBytes" | "sha256"> {
    let file: string | null = null;
    let found = { sizeBytes: this.#sizeBytes, sha256: sha256 ?? "" };
    try {
      if (sha256 === undefined) found = contentOf(fd);
      file = (this.#id && whereIs(this.path, this.#id)) ?? this.#writeAnew(fd);
      // Somebody else, the step itself perhaps, wrote into it, or emptied it.
      if (file !== null && fs.fstatSync(fd).size !== this.#sizeBytes) {
        found = contentOf(fd);
        this.#changed = true;
        this.#problem ??= `${this.path} was changed by others while the step ran, and is recorded as it is now`;
      }
    } catch (error) {
      this.#problem ??= `${this.path} could not be read again: ${reasonOf(error)}`;
    }
    if (!closeWritten(fd)) this.#problem ??= `${this.path} could not be closed: its last bytes may be lost`;
    return file === null ? { path: null, sizeBytes: 0, sha256: EMPTY_SHA256 } : { path: file, ...found };
  }

  /** For a file that was removed, or replaced, while the step ran: we still hold its bytes. */
  #writeAnew(fd: number): string | null {
    let made: { file: string; fd: number } | undefined;
    try {
      fs.mkdirSync(path.dirname(this.path), { recursive: true });
      made = makeFree(this.path);
      copy(fd, (bytes) => {
        const { error } = writeAll(made!.fd, bytes);
        if (error !== undefined) throw error;
      });
      this.#id = fileIdOf(made.fd);
      fs.closeSync(made.fd);
      return made.file;
    } catch (error) {
      if (made) {
        fs.closeSync(made.fd);
        fs.rmSync(made.file, { force: true });
      }
      this.#problem = `${this.path} was removed while the step ran, and could not be written again: ${reasonOf(error)}`;
      copy(fd, (bytes) => this.#toConsole(bytes));
      return null;
    }
  }

  #toConsole(bytes: Uint8Array): void {
    if (this.consoleFd === null) return;
    this.#consoleBytes += bytes.length;
    // A console that is gone as well leaves nowhere to go.
    writeAll(this.consoleFd, bytes);
  }
}

/** Size and hash of what an open file holds. */
function contentOf(fd: number): { sizeBytes: number; sha256: string } {
  const hasher = new Bun.CryptoHasher("sha256");
  let sizeBytes = 0;
  copy(fd, (bytes) => {
    hasher.update(bytes);
    sizeBytes += bytes.length;
  });
  return { sizeBytes, sha256: hasher.digest("hex") };
}

function copy(fd: number, write: (bytes: Uint8Array) => void): void {
  const buffer = new Uint8Array(1 << 20);
  for (let position = 0; ; ) {
    const read = fs.readSync(fd, buffer, 0, buffer.length, position);
    if (read === 0) return;
    write(buffer.subarray(0, read));
    position += read;
  }
}
