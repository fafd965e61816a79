import { visible } from "./text.ts";

/**
 * A text as one line of Markdown that shows this text and nothing else: no emphasis, link, image, tag or entity. Words that
 * a forge acts upon although they are escaped (@names, #1, addresses, :emoji:) are shown as code.
 */
export function markdownText(text: string): string {
  const words = visible(text).split(/( +)/);
  return words.map((word) => (LIVE.test(word) ? codeSpan(word).replaceAll("|", "\\|") : escaped(word))).join("");
}

/** The same at the beginning of a block, so that the text does not become a heading, list or quote. */
export function markdownBlock(text: string): string {
  return markdownText(text.trimStart())
    .replace(/^[-+#>=]/, "\\$&")
    .replace(/^\d+(?=[.)])/, "$&\\");
}

/** Code within a line that nothing in it can end; in a table, escape each | of it as well. */
export function codeSpan(text: string): string {
  const shown = visible(text);
  const ticks = "`".repeat(longestTicks(shown) + 1);
  const pad = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** The length of the longest run of backticks in a text; 0 if there is none. */
export function longestTicks(text: string): number {
  let longest = 0;
  for (const [ticks] of text.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  return longest;
}

const LIVE = /@[\w-]|#\d|:\/\/|www\.|\bgh-\d|:[\w+-]+:/i;

/** Escapes only what a parser would take for markup, so that the text stays readable. */
function escaped(word: string): string {
  return word
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "\\\\")
    .replace(/&(?=#?\w+;)/g, "&amp;")
    .replace(/<(?=[A-Za-z/!?])/g, "&lt;")
    .replace(/[|`*~[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\$&");
}
