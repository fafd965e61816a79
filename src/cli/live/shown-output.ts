import type { Redactor } from "../../model/redact/redactor.ts";
import { RedactingStream } from "../../model/redact/stream.ts";

/** How long a prompt, which has no line end, waits for the rest of its line. */
const PROMPT_MS = 100;

/**
 * A stream on its way to the console, without its secrets: whole lines at once, and what has no line end after a moment.
 * Without a redactor every byte at once.
 */
export class ShownOutput {
  readonly #stream: RedactingStream | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    redactor: Redactor | undefined,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.#stream = redactor ? new RedactingStream(redactor) : null;
  }

  push(chunk: Uint8Array): void {
    if (this.#stream === null) {
      this.write(chunk);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pass(this.#stream.push(chunk));
    if (this.#stream.heldBytes > 0) this.#timer = setTimeout(() => this.flush(), PROMPT_MS);
  }

  /** Waits for nothing more. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stream !== null) this.#pass(this.#stream.finish());
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length > 0) this.write(bytes);
  }
}
