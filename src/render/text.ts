import type { Cell } from "../model/rows.ts";

/** A cell as text: null is empty. */
export function cellText(cell: Cell): string {
  return cell === null ? "" : String(cell);
}

/**
 * The text with everything that a terminal would obey, or a reader could not see, as a visible escape: `\n`, `\x1b`,
 * `\u202e`. Control characters, bidi overrides, zero-width and other ignorable characters, line separators and lone
 * surrogates; the two emoji variation selectors stay, as they are part of ordinary emoji. For people, not for
 * reading back: a backslash stays as it is, so that paths are not doubled.
 */
export function visible(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replace(unseen(), escapeOf);
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Not a constant of the module: these classes take 0.1 ms to build, and most texts are plain. */
function unseen(): RegExp {
  return /[[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Cs}\uFFF9-\uFFFB]--[\uFE0E\uFE0F]]/gv;
}

const NAMED: Record<string, string> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function escapeOf(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const hex = character.codePointAt(0)!.toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
