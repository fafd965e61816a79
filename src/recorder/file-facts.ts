import fs from "node:fs";

/** Lower-case hex sha256 of a file's first `sizeBytes` bytes. Throws the system's error. */
export async function hashOf(file: string, sizeBytes: number): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  const fd = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
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
