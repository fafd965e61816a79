import type { RowSet } from "../../model/rows.ts";
import { stepTitle } from "../../model/step-title.ts";
import { cellText, visible } from "../text.ts";
import { cutEnd, cutMiddle } from "./cut.ts";
import { coloured, type TerminalOptions, terminalTable } from "./table.ts";

export interface HitsView extends RowSet {
  readonly steps: ReadonlyMap<string, { readonly num: number; readonly name: string }>;
}

/** Found lines for a person: under the title of their step and stream, with their numbers, what was found marked. */
export function terminalHits(hits: HitsView, query: string, options: TerminalOptions): string {
  if (options.allColumns) return terminalTable(hits, options);
  const column = (name: string) => hits.columns.indexOf(name);
  const [artifact, step, kind, path, lineNum, text, run, context] = [
    ...["artifact_id", "step_id", "kind", "path", "line_num", "text", "run_id", "context"].map(column),
  ] as [number, number, number, number, number, number, number, number];
  const width = Math.max(0, ...hits.rows.map((row) => cellText(row[lineNum] ?? null).length));
  const marked = wordsOf(query);
  const lines: string[] = [];
  let group: unknown;
  let previous = 0;
  for (const row of hits.rows) {
    const num = Number(row[lineNum]);
    if (row[artifact] !== group) {
      if (group !== undefined) lines.push("");
      const id = cellText(row[step] ?? null);
      const known = hits.steps.get(id);
      const name = known ? stepTitle(known.num, known.name) : id || cellText(row[run] ?? null);
      const title = visible(`${name}  ${cellText(row[kind] ?? null)}`);
      const rest = options.columns - Bun.stringWidth(title) - 2;
      const where = rest < 12 ? "" : `  ${cutMiddle(visible(cellText(row[path] ?? null)), rest)}`;
      lines.push(`${coloured(cutEnd(title, options.columns), "bold", options)}${coloured(where, "dim", options)}`);
    } else if (context >= 0 && num > previous + 1) lines.push(coloured("--", "dim", options));
    group = row[artifact];
    previous = num;
    const isContext = context >= 0 && row[context] === true;
    const head = `${String(num).padStart(width)}${isContext ? "-" : ":"} `;
    const shown = cutAround(visible(cellText(row[text] ?? null)), marked, options.columns - head.length);
    lines.push(
      coloured(head, "dim", options) + (isContext ? coloured(shown, "dim", options) : mark(shown, marked, options)),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** What of a query may stand in a line: its words, without the operators of FTS5. Null if there is none. */
function wordsOf(query: string): RegExp | null {
  const words = [...query.matchAll(/[\p{L}\p{N}\p{M}_]+/gu)].map(([word]) => word);
  const plain = words.filter((word) => !/^(?:AND|OR|NOT|NEAR)$/.test(word));
  if (plain.length === 0) return null;
  const longestFirst = plain.toSorted((a, b) => b.length - a.length).map((word) => RegExp.escape(word));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join("|")})`, "giu");
}

function mark(text: string, words: RegExp | null, options: TerminalOptions): string {
  return words === null ? text : text.replace(words, (word) => coloured(word, "hit", options));
}

/** The text within so many columns; of a longer one the part around the first word that was found. */
function cutAround(text: string, words: RegExp | null, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  const at = words === null ? -1 : text.search(words);
  if (at < 0 || Bun.stringWidth(text.slice(0, at)) + 16 <= columns) return cutEnd(text, columns);
  return cutEnd(`…${text.slice(Math.max(0, at - Math.floor(columns / 3)))}`, columns);
}
