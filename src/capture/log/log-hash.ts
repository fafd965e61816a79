import { BYTES, FINAL, type HashOrder } from "./hash-order.ts";

/** From here on a thread pays off: it takes 4 ms to start, and hashing takes half of the time that writing does. */
const THREAD_AT_BYTES = 8 << 20;
/** In the executable all code lies in one folder, but for the entry points, which keep their places below src/. */
const THREAD = import.meta.url.includes("/$bunfs/") ? "./capture/log/hash-thread.ts" : "./hash-thread.ts";

/** The hash of no bytes. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/**
 * The sha256 of what is written into a file: along the way while it is small, by a thread that reads it again when it is
 * large, so that a step that writes at full speed is not held up.
 */
export class LogHash {
  /** Null for a log that is empty so far, as most of stderr's are: the first hasher of a process takes 0.3 ms. */
  #hasher: Bun.CryptoHasher | null = null;
  #bytes = 0;
  #thread: HashThread | null = null;

  constructor(private readonly fd: number) {}

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#thread) {
      this.#thread.grown(this.#bytes);
      return;
    }
    this.#hasher ??= new Bun.CryptoHasher("sha256");
    this.#hasher.update(chunk);
    if (this.#bytes >= THREAD_AT_BYTES) this.#thread = new HashThread(this.fd);
  }

  /** Lower-case hex; undefined when the thread failed, and the file is to be read again. */
  async digest(): Promise<string | undefined> {
    if (this.#thread) return this.#thread.digest(this.#bytes);
    return this.#hasher?.digest("hex") ?? EMPTY_SHA256;
  }
}

class HashThread {
  readonly #shared = new BigInt64Array(new SharedArrayBuffer(16));
  readonly #worker: Worker;
  readonly #answer: Promise<string | undefined>;

  constructor(fd: number) {
    this.#worker = new Worker(new URL(THREAD, import.meta.url).href, { ref: false });
    this.#answer = new Promise((resolve) => {
      this.#worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data);
      // In the npm package, for one, there is no such file.
      this.#worker.onerror = () => resolve(undefined);
      this.#worker.addEventListener("close", () => resolve(undefined));
    });
    this.#worker.postMessage({ fd, progress: this.#shared.buffer as SharedArrayBuffer } satisfies HashOrder);
  }

  grown(bytes: number): void {
    Atomics.store(this.#shared, BYTES, BigInt(bytes));
  }

  async digest(bytes: number): Promise<string | undefined> {
    this.grown(bytes);
    Atomics.store(this.#shared, FINAL, 1n);
    Atomics.notify(this.#shared, FINAL);
    // Holds the event loop open, which the thread itself does not.
    const timer = setInterval(() => {}, 1000);
    const answer = await this.#answer;
    clearInterval(timer);
    this.#worker.terminate();
    return answer;
  }
}
