import { usageError } from "../errors.ts";
import { expressionOf } from "./expression.ts";
import type { Store } from "./store.ts";

/** Which lines of the index a query means: a condition on `log_lines_fts`. */
export interface LineCondition {
  readonly sql: string;
  readonly params: readonly string[];
  /** Whether FTS5 looks the lines up by their words; otherwise each line has to be read. */
  readonly byWords: boolean;
  /** Whether the query was no FTS5 expression and was taken as a phrase of its words. */
  readonly asPhrase: boolean;
}

export interface LineQuery {
  readonly text: string;
  /** Takes the text as a phrase of its words, whatever it looks like. */
  readonly literal: boolean;
  /** Looks for the text itself, in words and across them. */
  readonly contains: boolean;
}

/** Scripts that put no spaces between words, and Korean, which joins particles to them: the index has no such words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * A query in such a script is looked for in the text of the lines: each of its words, in any place of a line. Any other query
 * is a question to the index. Throws USAGE for a query without a word, and for an empty text.
 */
export function conditionOf(store: Store, query: LineQuery): LineCondition {
  const { text, literal, contains } = query;
  if (contains) {
    if (text === "") throw usageError("--contains is empty", "name the text that a line must have");
    return containing(partOf(text));
  }
  if (UNSPACED.test(text)) {
    const condition = literal ? partOf(text) : partsOf(text);
    if (condition !== null) return containing(condition);
  }
  const { expression, asPhrase } = expressionOf(store, text, literal);
  return { sql: "log_lines_fts MATCH ?", params: [expression], byWords: true, asPhrase };
}

interface Part {
  readonly sql: string;
  readonly params: readonly string[];
}

function containing({ sql, params }: Part): LineCondition {
  return { sql: `(${sql})`, params, byWords: false, asPhrase: false };
}

/** `a b "c d" NOT e OR f`, as FTS5 reads it, with parts of lines for words. Null for what else an FTS5 expression can say. */
function partsOf(query: string): Part | null {
  const words = query.match(/"(?:[^"]|"")*"|[^\s"]+/g) ?? [];
  if (words.some((word) => !word.startsWith('"') && /[()^:+{}]/.test(word))) return null;
  const alternatives: Part[][] = [[]];
  let isNot = false;
  for (const word of words) {
    if (word === "OR") alternatives.push([]);
    else if (word === "NOT") isNot = true;
    else if (word !== "AND") {
      const text = word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.replace(/\*$/, "");
      if (text === "") continue;
      const part = partOf(text);
      alternatives.at(-1)!.push(isNot ? { sql: `NOT ${part.sql}`, params: part.params } : part);
      isNot = false;
    }
  }
  if (isNot || alternatives.some((parts) => parts.length === 0)) return partOf(query);
  return {
    sql: alternatives.map((parts) => `(${parts.map(({ sql }) => sql).join(" AND ")})`).join(" OR "),
    params: alternatives.flatMap((parts) => parts.flatMap(({ params }) => params)),
  };
}

/** The case of letters does not count. LIKE knows that only of ASCII; GLOB can name both cases of a letter. */
function partOf(text: string): Part {
  const isCased = [...text].some((letter) => letter > "\x7f" && letter.toLowerCase() !== letter.toUpperCase());
  return isCased
    ? { sql: "text GLOB ?", params: [`*${[...text].map(globOf).join("")}*`] }
    : { sql: "text LIKE ? ESCAPE '\\'", params: [`%${text.replace(/[\\%_]/g, "\\$&")}%`] };
}

function globOf(letter: string): string {
  if (/[*?[]/.test(letter)) return `[${letter}]`;
  const cases = new Set([letter.toLowerCase(), letter.toUpperCase()].filter((form) => [...form].length === 1));
  return cases.size < 2 ? letter : `[${[...cases].join("")}]`;
}
