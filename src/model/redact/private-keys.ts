import { REDACTED } from "./redacted.ts";
import type { Finder } from "./spans.ts";
import { plainOf } from "./view.ts";

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** PuTTY's own format. */
const PUTTY_BEGIN = /^Private-Lines: \d{1,4}\s*$/;
const PUTTY_END = /^Private-MAC: /;
/** What may stand before a line of a key: a diff, a quotation, a number, a prompt, a time. */
const BODY = /^[\s>|+*:"'#-]{0,80}(?:\d{1,6}[:|\s]\s{0,8})?[A-Za-z0-9+/]{1,512}={0,2}(?:\\n|\\r)*["',;+\\\s]{0,8}$/;
const LONG_TAIL = /(?:^|[\s"'|:])[A-Za-z0-9+/]{40,512}={0,2}(?:\\n|\\r)*["',;+\\\s]{0,8}$/;
const HEADER =
  /^[\s>|+"'-]{0,80}(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Content-Domain|Key-Info): ?[^\n]{0,200}$/;
const EMPTY = /^[\s>|+"'\\n-]{0,80}$/;

/** Keys that begin and end in one line, or in one text of several. */
export const keyBlocks: Finder = {
  hints: ["private key"],
  find: (text, onFound) => {
    END.lastIndex = 0;
    BEGIN.lastIndex = 0;
    for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
      END.lastIndex = BEGIN.lastIndex;
      const end = END.exec(text);
      if (end === null) return;
      onFound(begin.index, END.lastIndex);
      BEGIN.lastIndex = END.lastIndex;
    }
  },
};

/** How many lines at the beginning are the end of a key that began before them. */
export function headOfKey(lines: readonly string[]): number {
  for (const [i, line] of lines.entries()) {
    END.lastIndex = 0;
    BEGIN.lastIndex = 0;
    if (BEGIN.test(line)) return 0;
    if (END.test(line)) return i + 1;
    if (!BODY.test(line) && !HEADER.test(line) && !EMPTY.test(line) && !LONG_TAIL.test(line)) return 0;
  }
  return 0;
}

/** Whether a private key of several lines has begun and not ended. */
export class KeyState {
  inside = false;

  /**
   * What of this line, without its control sequences, belongs to a key: from that place on; -1 is nothing. A key whose last line
   * never comes ends where the lines are those of a key no more.
   */
  partOf(line: string): number {
    BEGIN.lastIndex = 0;
    let at = -1;
    if (this.inside) {
      END.lastIndex = 0;
      if (END.test(line) || PUTTY_END.test(line)) {
        this.inside = false;
        return 0;
      }
      if (BODY.test(line) || HEADER.test(line) || EMPTY.test(line) || LONG_TAIL.test(line)) return 0;
      this.inside = false;
    }
    for (let begin = BEGIN.exec(line); begin !== null; begin = BEGIN.exec(line)) {
      END.lastIndex = BEGIN.lastIndex;
      if (END.exec(line) === null) {
        this.inside = true;
        at = begin.index;
        break;
      }
      BEGIN.lastIndex = END.lastIndex;
    }
    if (PUTTY_BEGIN.test(line)) this.inside = true;
    return at;
  }
}

/** A redacted line without the part of a private key that it has: `raw` is the line before redaction. */
export function withoutKey(raw: string, redacted: string, state: KeyState): string {
  const plain = plainOf(raw);
  const at = state.partOf(plain.replace(/\r$/, ""));
  if (at < 0) return redacted;
  if (at === 0) return REDACTED;
  return plain === raw && raw.startsWith(redacted.slice(0, at))
    ? redacted.slice(0, at) + REDACTED
    : plain.slice(0, at) + REDACTED;
}
