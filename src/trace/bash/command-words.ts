/** What bash shows of a compound command, or of assignments alone: there is no program in it. */
const NO_PROGRAM = /^(?:\[\[ |\(\( |for |case |select |function )/;
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

/**
 * The words of a command in a trace, its program first, without bash's quotes. Null where there is no program: assignments,
 * `[[ … ]]`, `(( … ))` and the like, and for what is not quoted as bash does it.
 */
export function commandWords(text: string): string[] | null {
  if (NO_PROGRAM.test(text) || ASSIGNMENT.test(text)) return null;
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    while (text[at] === " ") at++;
    if (at >= text.length) break;
    let word = "";
    while (at < text.length && text[at] !== " ") {
      const open = text.startsWith("$'", at) ? "$'" : text[at] === "'" ? "'" : "";
      if (open !== "") {
        const end = closingQuote(text, at + open.length, open === "$'");
        if (end < 0) return null;
        const inner = text.slice(at + open.length, end);
        word += open === "'" ? inner : unescapeAnsi(inner);
        at = end + 1;
      } else if (text[at] === "\\" && at + 1 < text.length) {
        word += text[at + 1];
        at += 2;
      } else {
        word += text[at];
        at++;
      }
    }
    words.push(word);
  }
  return words.length === 0 ? null : words;
}

function closingQuote(text: string, from: number, escapes: boolean): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "'") return at;
    if (escapes && text[at] === "\\") at++;
  }
  return -1;
}

const ANSI: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  E: "\x1b",
  e: "\x1b",
  f: "\f",
  v: "\v",
};

/** The inside of $'…'. */
function unescapeAnsi(text: string): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|([\s\S]))/g,
    (_, octal, hex, code, other) =>
      octal !== undefined
        ? String.fromCharCode(Number.parseInt(octal, 8))
        : hex !== undefined || code !== undefined
          ? String.fromCharCode(Number.parseInt(hex ?? code, 16))
          : (ANSI[other] ?? other),
  );
}
