import { withoutColours } from "../model/colours.ts";
import { visible } from "./text.ts";

/**
 * A step's output made fit for a terminal: colours are taken out, and every other control sequence is shown instead of
 * obeyed. Lines and tabs stay; a CR before a line's end is dropped.
 */
export function plainText(text: string): string {
  return withoutColours(text)
    .replace(/\r(?=\n|$)/g, "")
    .split(/([\n\t])/)
    .map((part) => (part === "\n" || part === "\t" ? part : visible(part)))
    .join("");
}

/** The same for bytes that come in pieces, which may end within a character, a colour, or a line end. */
export class StreamedPlainText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";

  push(bytes: Uint8Array): string {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    const from = Math.max(0, text.length - LONGEST_BEGINNING);
    const held = UNFINISHED.exec(text.slice(from))![0];
    this.#held = held;
    return plainText(text.slice(0, text.length - held.length));
  }

  /** Returns the part that was held back. */
  end(): string {
    const rest = this.#held + this.#decoder.decode();
    this.#held = "";
    return plainText(rest);
  }
}

const LONGEST_BEGINNING = 64;
/** A colour that an erase may follow, the beginning of either, or a CR that an LF may follow. */
const UNFINISHED = /(?:\x1b\[[0-9;:]*m)?(?:\x1b(?:\[[0-9;:]*)?)?\r?$/;

/** The beginning of a text that takes at most so many columns, with `…` if something is cut. */
export function fit(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += Bun.stringWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : "";
}
