import fs from "node:fs";
import { openPlain } from "./plain-file.ts";

/**
 * Lower-case hex sha256 of the first `sizeBytes` bytes of a file, given by its real path. Throws the system's error, and
 * for what is no regular file (any more): a pipe would make us wait.
 */
export async function hashOf(file: string, sizeBytes: number): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  const fd = openPlain(file, { exact: true });
  try {
    const buffer = new Uint8Array(1 << 20);
    let position = 0;
    while (position < sizeBytes) {
      const read = fs.readSync(fd, buffer, 0, Math.min(buffer.length, sizeBytes - position), position);
      if (read === 0) break;
      hasher.update(buffer.subarray(0, read));
      position += read;
      // Signals are answered between two pieces of a large file.
      await Bun.sleep(0);
    }
  } finally {
    fs.closeSync(fd);
  }
  return hasher.digest("hex");
}
