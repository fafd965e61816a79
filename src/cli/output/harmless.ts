import { plainText, StreamedPlainText } from "../../render/plain-text.ts";
import { CommandBreaker, escapedCommands, withoutCommands } from "../../render/workflow-commands.ts";
import type { Reader } from "./reader.ts";

/** Of a text: `styled` has colours of ours, and nothing else in it that a terminal obeys; `json` can say it in escapes. */
export type Form = "plain" | "styled" | "json";

/** A text as its reader may have it: without what it would obey. The rule is in `help output`. */
export function harmless(text: string, reader: Reader, form: Form): string {
  if (form === "json") return reader.ci === null ? text : escapedCommands(text);
  const shown = reader.isTerminal && form === "plain" ? plainText(text) : text;
  return reader.ci === null ? shown : withoutCommands(shown, reader.ci);
}

/** Whether a text may need the above at all. Most do not, and are spared asking who reads them. */
export function isHarmless(text: string): boolean {
  return !/[^\n\x20-\x7e]|::|##|section_|^[-+~^]{3} /m.test(text);
}

/** The same for what a step printed, which comes in pieces: bytes that end anywhere. */
export class RecordedOutput {
  readonly #plain: StreamedPlainText | null;
  readonly #breaker: CommandBreaker | null;

  constructor(reader: Reader) {
    this.#plain = reader.isTerminal ? new StreamedPlainText() : null;
    this.#breaker = reader.ci === null ? null : new CommandBreaker(reader.ci);
  }

  /** What of it may be shown by now; good for as long as `bytes` is. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#plain !== null) {
      const text = this.#plain.push(bytes);
      return Buffer.from(this.#breaker?.push(text) ?? text);
    }
    if (this.#breaker === null) return bytes;
    // Commands are ASCII: a byte of anything else stays the byte that it is.
    const { buffer, byteOffset, length } = bytes;
    return Buffer.from(this.#breaker.push(Buffer.from(buffer, byteOffset, length).toString("latin1")), "latin1");
  }

  /** What was held back. */
  end(): Uint8Array {
    const text = this.#plain?.end() ?? "";
    const rest = this.#breaker === null ? text : this.#breaker.push(text) + this.#breaker.end();
    return Buffer.from(rest, this.#plain === null ? "latin1" : "utf8");
  }
}
