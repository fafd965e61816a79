import fs from "node:fs";

/** What a finished log holds: exactly these bytes, with their hash. */
export interface Written {
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file that one stream goes into, hashed on the way: one pass over the bytes. */
export class LogFile {
  readonly #fd: number;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  #sizeBytes = 0;

  /** Creates the file, or empties it. Throws the system's error. */
  constructor(readonly path: string) {
    this.#fd = fs.openSync(path, "w", 0o666);
  }

  write(chunk: Uint8Array): void {
    let done = 0;
    while (done < chunk.length) done += fs.writeSync(this.#fd, chunk, done, chunk.length - done);
    this.#hasher.update(chunk);
    this.#sizeBytes += chunk.length;
  }

  close(): Written {
    fs.closeSync(this.#fd);
    return { path: this.path, sizeBytes: this.#sizeBytes, sha256: this.#hasher.digest("hex") };
  }
}
