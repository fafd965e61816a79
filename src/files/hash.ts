import fs from "node:fs";
import { openPlain } from "./plain-file.ts";

const BLOCK_BYTES = 1 << 20;

/**
 * Lower-case hex sha256 of the first `sizeBytes` bytes of a file, given by its real path. Throws the system's error, and
 * for what is no regular file (any more), because a pipe would make us wait.
 */
export async function hashOf(file: string, sizeBytes: number): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const block of blocksOf(file, sizeBytes)) {
    hasher.update(block);
    // Signals are answered between two blocks of a large file.
    await Bun.sleep(0);
  }
  return hasher.digest("hex");
}

/** The same at once, for a file that is not large. */
export function hashNow(file: string, sizeBytes: number): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const block of blocksOf(file, sizeBytes)) hasher.update(block);
  return hasher.digest("hex");
}

/** Each block is good until the next one is asked for. */
function* blocksOf(file: string, sizeBytes: number): Generator<Uint8Array> {
  const fd = openPlain(file, { exact: true });
  try {
    const buffer = new Uint8Array(Math.max(1, Math.min(BLOCK_BYTES, sizeBytes)));
    for (let position = 0; position < sizeBytes; ) {
      const read = fs.readSync(fd, buffer, 0, Math.min(buffer.length, sizeBytes - position), position);
      if (read === 0) break;
      yield buffer.subarray(0, read);
      position += read;
    }
  } finally {
    fs.closeSync(fd);
  }
}
