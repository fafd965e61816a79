/** A value in a text, from `start` to before `end`, its quotes not counted. */
export interface Value {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly quoted: boolean;
}

/** No secret is longer, but for keys of several lines. */
export const LONGEST_VALUE = 4096;
/** `b'…'`, `f"…"`, `$'…'`, `@"…"` */
const OPENING = /[bfruLN@$]{0,2}(\\{0,7})(["'`])/y;
const BARE = /[^\s"'`<>,;&|]{1,4096}/y;
/** A variable's in `env`: to the end of the word, whatever is in it. */
const WORD = /[^\s"'`]{1,4096}/y;

/**
 * The value that begins at a place: in quotes to the same quote, escaped or doubled ones left inside; else a word. Null where
 * there is none. `wholeWord` says that commas and the like belong to it.
 */
export function valueAt(text: string, at: number, wholeWord = false): Value | null {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text);
  if (opening) {
    const start = at + opening[0].length;
    const end = closingQuote(text, start, opening[2]!, opening[1]!.length);
    if (end >= 0) return part(text, start, end, true);
    return bareAt(text, start, wholeWord);
  }
  return bareAt(text, at, wholeWord);
}

function bareAt(text: string, at: number, wholeWord: boolean): Value | null {
  const pattern = wholeWord ? WORD : BARE;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (!found) return null;
  const spelled = /\\[nrt"'u]/.exec(found[0]);
  const word = spelled ? found[0].slice(0, spelled.index) : found[0];
  const length = wholeWord ? word.length : word.replace(/(?:[)\]}:]|\\)+$/, "").length;
  return length === 0 ? null : part(text, at, at + length, false);
}

function part(text: string, start: number, end: number, quoted: boolean): Value {
  return { start, end, text: text.slice(start, end), quoted };
}

/** Its place, or that of the backslashes before it; -1 when it is not in the same line. */
function closingQuote(text: string, start: number, quote: string, backslashes: number): number {
  const limit = Math.min(text.length, start + LONGEST_VALUE);
  for (let at = start, before = 0; at < limit; at++) {
    const char = text[at]!;
    if (char === "\n") return -1;
    if (char === "\\") {
      before++;
      continue;
    }
    if (char === quote && isClosing(before, backslashes)) {
      // 'it''s', as SQL has it.
      if (backslashes === 0 && at > start && text[at + 1] === quote && /\w/.test(text[at + 2] ?? "")) at++;
      else return at - Math.min(before, backslashes);
    }
    before = 0;
  }
  return -1;
}

/** A quote behind as many backslashes as the opening one; behind more, it is inside. */
function isClosing(before: number, opening: number): boolean {
  return opening === 0 ? before % 2 === 0 : before <= opening;
}
