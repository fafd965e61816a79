import { isList, type SourceLine, writtenLineAt } from "./written.ts";

/** The condition that led to an `exit` or a `return`. */
export interface Guard {
  /** From 1. */
  readonly line: number;
  /** As written. */
  readonly text: string;
}

/** An enclosing condition is looked for no further above. */
const LOOK_BACK = 60;
/** Here-documents are looked for from further above, to begin outside of one. */
const FAR_BACK = 1000;
const CLOSES = /^\s*(?:fi|done|esac|\}|\))(?:\s|;|\||&|$)/;
const CONDITION = /^\s*(?:if|elif|while|until|case)\b/;
const LOOP = /^\s*(?:for|select)\b/;
const LIST = /(?:\|\||&&)\s*[{(]\s*(?:#.*)?$/;
const FUNCTION = /^\s*(?:function\s+[\w:.-]+\s*(?:\(\))?|[\w:.-]+\s*\(\))\s*[{(]?\s*(?:#.*)?$/;
const BLOCK = /(?:^|\s)[{(]\s*(?:#.*)?$/;

/**
 * The condition around a line of a script: the `if`, `case` or `… || {` that encloses it, or the command before `||` in its
 * own command line. Null if the line stands in no condition: then a function's caller has more to say.
 */
export function guardOf(source: SourceLine, line: number): Guard | null {
  const own = writtenLineAt(source, line);
  if (own === null) return null;
  if (isList(own.text) || /^(?:if|elif|while|until|case)\b.*\b(?:then|do|in)\b/.test(own.text)) {
    return { line: own.first, text: own.text };
  }
  const inert = hereDocumentLines(source, own.first);
  let depth = 0;
  for (let above = own.first - 1; above >= Math.max(1, own.first - LOOK_BACK); above--) {
    const text = source(above);
    if (text === null) return null;
    if (inert.has(above)) continue;
    if (CLOSES.test(text) && !/^\s*\}\s*else\b/.test(text)) {
      // `} || {` and `fi || exit` close one construct and may open another.
      if (!LIST.test(text)) depth++;
      continue;
    }
    const opens = opening(text);
    if (opens === null) continue;
    if (depth > 0) {
      // `elif` and a one-line `if … fi` belong to what is closed below, or close themselves.
      if (opens !== "elif") depth--;
      continue;
    }
    if (opens === "function") return null;
    if (opens === "loop" || opens === "block") continue;
    const written = writtenLineAt(source, above);
    return { line: written?.first ?? above, text: written?.text ?? text.trim() };
  }
  return null;
}

/** The lines above `before` that are text of here-documents, together with their ends. */
function hereDocumentLines(source: SourceLine, before: number): Set<number> {
  const inert = new Set<number>();
  for (let line = Math.max(1, before - FAR_BACK); line < before; line++) {
    const begun = /(?<!<)<<(-?)\s*(?:\\|(["']))?([A-Za-z_][\w.-]*)\2/.exec(source(line) ?? "");
    if (begun === null) continue;
    const isEnd = (text: string | null) => text === null || (begun[1] ? text.trimStart() : text) === begun[3];
    for (let inside = line + 1; inside < before; inside++) {
      inert.add(inside);
      line = inside;
      if (isEnd(source(inside))) break;
    }
  }
  return inert;
}

function opening(text: string): "condition" | "elif" | "loop" | "function" | "block" | null {
  if (/^\s*#/.test(text)) return null;
  if (/^\s*elif\b/.test(text)) return "elif";
  if (CONDITION.test(text)) return /\b(?:fi|done|esac)\s*(?:#.*)?$/.test(text) ? null : "condition";
  if (LIST.test(text)) return "condition";
  if (FUNCTION.test(text)) return "function";
  if (LOOP.test(text)) return /\bdone\b/.test(text) ? null : "loop";
  return BLOCK.test(text) ? "block" : null;
}
