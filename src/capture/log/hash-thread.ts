import fs from "node:fs";
import { BYTES, FINAL, type HashOrder } from "./hash-order.ts";

const READ_BYTES = 1 << 20;
const POLL_MS = 20;

declare const self: Worker;

/** A thread that hashes a file while it is written, from its beginning, and answers with the sha256 in hex. */
self.onmessage = ({ data: { fd, progress } }: MessageEvent<HashOrder>) => {
  const shared = new BigInt64Array(progress);
  const hasher = new Bun.CryptoHasher("sha256");
  const buffer = new Uint8Array(READ_BYTES);
  for (let position = 0; ; ) {
    const final = Atomics.load(shared, FINAL) === 1n;
    const size = Number(Atomics.load(shared, BYTES));
    while (position < size) {
      const read = fs.readSync(fd, buffer, 0, Math.min(READ_BYTES, size - position), position);
      if (read === 0) break;
      hasher.update(read === READ_BYTES ? buffer : buffer.subarray(0, read));
      position += read;
    }
    if (final) return self.postMessage(hasher.digest("hex"));
    Atomics.wait(shared, FINAL, 0n, POLL_MS);
  }
};
