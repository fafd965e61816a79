import { usageError } from "../errors.ts";
import type { Store } from "./store.ts";
import { isStatementError } from "./translate.ts";

export interface Expression {
  /** The expression for FTS5. */
  readonly expression: string;
  /** Whether the query is no FTS5 expression and was taken as a phrase of its words. */
  readonly asPhrase: boolean;
}

/** What the unicode61 tokenizer makes words of: letters, numbers and private-use characters. */
const WORD = /[\p{L}\p{N}\p{Co}]/u;

/**
 * Turns a query into an FTS5 expression. A query that is one stays as it is. Ordinary text (`--out`, `don't`, `x.go:12`)
 * seldom is, and becomes a phrase; with `literal` every query does. Throws USAGE for a query without a word.
 */
export function expressionOf(store: Store, query: string, literal: boolean): Expression {
  if (!WORD.test(query)) {
    throw usageError(`--query ${JSON.stringify(query)} has no word in it`, "the index holds words: letters and digits");
  }
  const phrase = `"${query.replaceAll('"', '""')}"`;
  if (literal) return { expression: phrase, asPhrase: false };
  return isExpression(store, query) ? { expression: query, asPhrase: false } : { expression: phrase, asPhrase: true };
}

function isExpression(store: Store, query: string): boolean {
  // FTS5 answers "*id" and "*reads", questions about itself, with a row that is no line.
  if (query.startsWith("*")) return false;
  // The index keeps no words of these columns: `run_id:7` is valid and never finds anything.
  if (/\b(?:run_id|artifact_id|line_num)\s*:/i.test(query.replaceAll(/"[^"]*"/g, " "))) return false;
  try {
    // No row has such an id, so that only the expression is parsed.
    store.get("SELECT 1 FROM log_lines_fts WHERE log_lines_fts MATCH ? AND rowid BETWEEN -2 AND -1", query);
    return true;
  } catch (error) {
    if (!isStatementError(error)) throw error;
    return false;
  }
}
