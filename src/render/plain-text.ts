import { visible } from "./text.ts";

/**
 * What a step printed, made fit for a terminal: colours are taken out, every other control sequence is shown instead of
 * obeyed. Lines and tabs stay; a CR before a line's end goes.
 */
export function plainText(text: string): string {
  return withoutColours(text)
    .replace(/\r(?=\n|$)/g, "")
    .split(/([\n\t])/)
    .map((part) => (part === "\n" || part === "\t" ? part : visible(part)))
    .join("");
}

/** Colours, and the erasing to the end of a line that gcc puts behind each of them. */
export function withoutColours(text: string): string {
  return text.includes("\x1b") ? text.replace(COLOURS, "") : text;
}

const COLOURS = /\x1b\[[0-9;:]*m(?:\x1b\[K)?/g;

/** The beginning of a text that takes at most so many columns; with `…` where something is cut. */
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
