import { visible } from "./text.ts";

/**
 * What a step printed, made fit for a terminal: colours are taken out, every other control sequence is shown instead of
 * obeyed. Lines and tabs stay; a CR before a line's end goes.
 */
export function plainText(text: string): string {
  return text
    .replace(COLOURS, "")
    .replace(/\r(?=\n|$)/g, "")
    .split(/([\n\t])/)
    .map((part) => (part === "\n" || part === "\t" ? part : visible(part)))
    .join("");
}

const COLOURS = /\x1b\[[0-9;:]*m/g;

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
