/**
 * A regular expression for a text of many lines that finds in each line what `pattern` would find in it if the line
 * stood alone: nothing in it can match an LF, and `^` and `$` are the ends of a line. It has the flags g and m. Null if
 * the pattern cannot be rewritten; then each line has to be tested by itself.
 *
 * A lone CR, U+2028 and U+2029 end a line for `^` and `$` too, and the CR of a CR LF is still there. Where a text holds
 * any of these, what it finds is only a candidate, and `isFragile` tells whether it may even miss a line.
 */
export function linePatternOf(pattern: RegExp): { readonly regExp: RegExp; readonly isFragile: boolean } | null {
  const { source } = pattern;
  // A line break as an atom, by name or by number, and modifiers, which may change what `.`, `^` and `$` mean.
  if (pattern.flags !== "" || /\\(?:[nck]|x0a|u000a|[0-9]{2})|\(\?[a-z-]+[:)]/i.test(source)) return null;
  const rewritten = source.replace(ATOM, (atom) => WITHOUT_LF[atom] ?? (atom.startsWith("[") ? classOf(atom) : atom));
  try {
    return { regExp: new RegExp(rewritten, "gm"), isFragile: /\(\?<?[=!]|\\\d/.test(source) };
  } catch {
    return null;
  }
}

/** An escape, or a whole class: what an LF may hide in. */
const ATOM = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]/g;

const WITHOUT_LF: Readonly<Record<string, string>> = {
  "\\s": "[^\\S\\n]",
  "\\D": "[^\\d\\n]",
  "\\W": "[^\\w\\n]",
  "[]": "[]",
};

function classOf(source: string): string {
  if (source.startsWith("[^")) return `[^\\n${source.slice(2)}`;
  // Printable characters, \w and \d hold no LF, nor does a range of them.
  return /^\[(?:[ -[\]-~]|\\[^A-Za-z0-9]|\\[wd])*\]$/.test(source) ? source : `(?:(?!\\n)${source})`;
}
