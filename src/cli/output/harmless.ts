import { plainText, StreamedPlainText } from "../../render/plain-text.ts";
import { CommandBreaker, escapedCommands, withoutCommands } from "../../render/workflow-commands.ts";
import type { Reader } from "./reader.ts";

/** A `styled` text has our own colours and nothing else that a terminal obeys; `json` can write the rest as escapes. */
export type Form = "plain" | "styled" | "json";

/** The text without anything that its reader would obey. The rule is in `help output`. */
export function harmless(text: string, reader: Reader, form: Form): string {
  if (form === "json") return reader.ci === null ? text : escapedCommands(text);
  const shown = reader.isTerminal && form === "plain" ? plainText(text) : text;
  return reader.ci === null ? shown : withoutCommands(shown, reader.ci);
}

/** Whether a text needs no change for any reader. Most need none, and nothing has to find out who reads them. */
export function isHarmless(text: string): boolean {
  return !/[^\n\x20-\x7e]|::|##|section_|^[-+~^]{3} /m.test(text);
}

/** The same for a step's output, which comes in pieces that may end within a character or a sequence. */
export class RecordedOutput {
  readonly #plain: StreamedPlainText | null;
  readonly #breaker: CommandBreaker | null;

  constructor(reader: Reader) {
    this.#plain = reader.isTerminal ? new StreamedPlainText() : null;
    this.#breaker = reader.ci === null ? null : new CommandBreaker(reader.ci);
  }

  /** Returns the part that may be shown by now; valid as long as `bytes` is. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#plain !== null) {
      const text = this.#plain.push(bytes);
      return Buffer.from(this.#breaker?.push(text) ?? text);
    }
    if (this.#breaker === null) return bytes;
    // Commands are ASCII, so every other byte stays as it is.
    const { buffer, byteOffset, length } = bytes;
    return Buffer.from(this.#breaker.push(Buffer.from(buffer, byteOffset, length).toString("latin1")), "latin1");
  }

  /** Returns the part that was held back. */
  end(): Uint8Array {
    const text = this.#plain?.end() ?? "";
    const rest = this.#breaker === null ? text : this.#breaker.push(text) + this.#breaker.end();
    return Buffer.from(rest, this.#plain === null ? "latin1" : "utf8");
  }
}
