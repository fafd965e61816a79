import type { Redactor } from "../../model/redact/redactor.ts";
import { RedactingStream } from "../../model/redact/stream.ts";
import type { Reader } from "../output/reader.ts";
import { SettledLines } from "./redrawn-lines.ts";

/** How long a prompt, which has no line end, is held back for the rest of its line. */
const PROMPT_MS = 100;

/**
 * A stream on its way to the console, without its secrets: whole lines pass at once, and a line without an end after a moment.
 * Without a redactor every byte at once. On a CI's console a line that is redrawn comes once, as it stays.
 */
export class ShownOutput {
  readonly #stream: RedactingStream | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #lines: SettledLines | null;

  constructor(
    redactor: Redactor | undefined,
    reader: Reader,
    private readonly write: (bytes: Uint8Array) => void,
  ) {
    this.#stream = redactor ? new RedactingStream(redactor) : null;
    this.#lines = reader.ci !== null && !reader.isTerminal ? new SettledLines() : null;
  }

  push(chunk: Uint8Array): void {
    if (this.#stream === null) {
      this.#pass(chunk);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pass(this.#stream.push(chunk));
    if (this.#stream.heldBytes > 0) this.#timer = setTimeout(() => this.#release(), PROMPT_MS);
  }

  /** Waits for nothing more. */
  flush(): void {
    this.#release();
    const rest = this.#lines?.end();
    if (rest !== undefined && rest.length > 0) this.write(rest);
  }

  #release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stream !== null) this.#pass(this.#stream.finish());
  }

  #pass(bytes: Uint8Array): void {
    const shown = this.#lines === null ? bytes : this.#lines.push(bytes);
    if (shown.length > 0) this.write(shown);
  }
}
