import fs from "node:fs";

/**
 * Lower-case hex sha256 of a file's first `sizeBytes` bytes. Throws the system's error, and for what is no regular file
 * (any more): a pipe would make us wait.
 */
export async function hashOf(file: string, sizeBytes: number): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
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
