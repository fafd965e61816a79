/** What a thread is to hash. Threads share descriptors: the file may be renamed or removed meanwhile. */
export interface HashOrder {
  readonly fd: number;
  /** Two numbers, shared: how many bytes are in the file, and whether that is all. */
  readonly progress: SharedArrayBuffer;
}

export const BYTES = 0;
export const FINAL = 1;
