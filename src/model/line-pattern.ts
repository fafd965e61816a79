/** An expression that looks at many lines at once. It has the flags g and m. */
export interface LinePattern {
  readonly regExp: RegExp;
  /** It matches bytes decoded as latin1; otherwise text. */
  readonly isForBytes: boolean;
  /** In a line with a CR, U+2028 or U+2029 it may find too much. */
  readonly seesBreaks: boolean;
  /** In such a line it may also miss what the original finds. */
  readonly isFragile: boolean;
  /** In a line with bytes that are not ASCII it may find too much. */
  readonly isLoose: boolean;
}

/**
 * Makes an expression for a text of many lines that finds in each line what `pattern` would find in it if the line stood
 * alone: nothing in it can match an LF, and `^` and `$` are the ends of a line. Returns null if there is none: then each line
 * has to be tested by itself.
 *
 * A lone CR, U+2028 and U+2029 end a line for `^` and `$` too, and the CR of a CR LF is still there: if a text holds
 * any of these, what it finds is a candidate only.
 */
export function linePatternOf(pattern: RegExp): LinePattern | null {
  const { source } = pattern;
  // A line break as an atom, by name or by number, and modifiers, which may change what `.`, `^` and `$` mean.
  if (pattern.flags !== "" || /\\(?:[nck]|x0a|u000a|[0-9]{2})|\(\?[a-z-]+[:)]/i.test(source)) return null;
  const isFragile = /\(\?<?[=!]|\\\d/.test(source);
  const wildcards = wildcardsOf(source);
  const isForBytes = wildcards !== "single" && !isFragile;
  const blank = isForBytes ? BLANK_BYTES : "[^\\S\\n]";
  const rewritten = source.replace(ATOM, (atom) => {
    if (atom === "\\s") return blank;
    return WITHOUT_LF[atom] ?? (atom.startsWith("[") ? classOf(atom) : atom);
  });
  try {
    const isLoose = wildcards !== "none";
    const seesBreaks = isLoose || isFragile || /[\^$]|\\[sB]/.test(source);
    return { regExp: new RegExp(rewritten, "gm"), isForBytes, seesBreaks, isFragile, isLoose };
  } catch {
    return null;
  }
}

/** An escape, or a whole class: an LF may hide in either. */
const ATOM = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]/g;

const WITHOUT_LF: Readonly<Record<string, string>> = { "\\D": "[^\\d\\n]", "\\W": "[^\\w\\n]", "[]": "[]" };

/** What `\s` matches except the LF, each in UTF-8. */
const BLANK_BYTES = String.raw`(?:[ \t\v\f\r]|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf)`;

/** Printable characters, `\w` and `\d` hold no LF, nor does a range of them. */
const PRINTABLE_CLASS = /^\[(?!\^)(?:[ -[\]-~]|\\[^A-Za-z0-9]|\\[wd])*\]$/;

function classOf(source: string): string {
  if (source.startsWith("[^")) return `[^\\n${source.slice(2)}`;
  return PRINTABLE_CLASS.test(source) ? source : `(?:(?!\\n)${source})`;
}

/**
 * Says which atoms of a pattern match a character of more than one byte: none; only those that may repeat without limit, and
 * so match its bytes as well; or one that has to know where a character ends.
 */
function wildcardsOf(source: string): "none" | "repeated" | "single" {
  const reduced = source.replace(ATOM, (atom) => {
    // Between the bytes of a character neither side is a word.
    if (atom === "\\B") return ".*";
    if (/^\\(?:[dwbst]|[^A-Za-z0-9])$/.test(atom) || PRINTABLE_CLASS.test(atom)) return "a";
    return /^\\[DW]$/.test(atom) || (atom.startsWith("[^") && /^[ -~]*$/.test(atom)) ? "." : "\0";
  });
  if (/[^ -~]/.test(reduced)) return "single";
  if (!reduced.includes(".")) return "none";
  return reduced.replace(/\.[*+]/g, "").includes(".") ? "single" : "repeated";
}
