import { ScenariologError } from "../errors.ts";
import { migrations } from "./migrations.ts";
import type { Schema, SchemaEntry } from "./schema.ts";

const INDEX_TABLE = "log_lines_fts";
const SHADOWS = ["data", "idx", "content", "docsize", "config"].map((part) => `${INDEX_TABLE}_${part}`);

/**
 * Refuses a database whose schema would make SQLite do what its sender wants, before any row is read. This program's
 * statements reach its own tables, those of the index, tables that foreign keys tie to them, and their indexes: each must be
 * an ordinary table whose definition calls nothing that could run for long or grow without end. The error names a trigger, a
 * view in the place of a table, a generated column or another index module, and nothing is written. Other tables and views
 * are not checked. Throws NOT_A_DATABASE.
 */
export function refuseHostile({ entries }: Schema, file: string): void {
  const { known, exact } = expected();
  const isTied = (sql: string | null) => sql !== null && /^create table\b[\s\S]*\breferences\b/i.test(sql);
  // Nearly all entries are the migrations' own: the others are looked at word by word.
  const strange = entries.filter(({ type, sql }) => sql === null || !exact.has(sql) || type === "trigger");
  const inReach = new Set(known);
  for (const { name, sql } of strange) if (isTied(sql)) inReach.add(name.toLowerCase());
  for (const entry of strange) {
    const { type, name, table } = entry;
    const problem = problemOf(entry, inReach.has((type === "index" ? table : name).toLowerCase()));
    if (problem === null) continue;
    throw new ScenariologError("NOT_A_DATABASE", `database ${file} has ${problem}, which no recorder makes`, {
      hint: "nothing was read or written; if you trust it, remove that with sqlite3 first",
    });
  }
}

/** Returns what is wrong with an entry of the schema ("a trigger x"), or null. */
function problemOf({ type, name, table, sql }: SchemaEntry, inReach: boolean): string | null {
  const shown = shortened(name);
  if (type === "trigger") return `a trigger ${shown} on ${shortened(table)}`;
  // SQLite makes such an index by itself, for a key.
  if (!inReach || sql === null) return null;
  if (type === "view") return `a view ${shown}`;
  if (name.toLowerCase() === INDEX_TABLE) return isOurIndex(sql) ? null : `another table ${shown}`;
  if (!/^CREATE (?:TABLE|(?:UNIQUE )?INDEX)\b/i.test(sql)) return `a virtual table ${shown}`;
  const odd = oddWord(sql);
  return odd === null ? null : `a ${type} ${shown} whose definition has ${shortened(odd)}`;
}

/** Compares definitions whatever blanks and quotes they have. */
function isOurIndex(sql: string): boolean {
  const [, columns] =
    /^CREATE VIRTUAL TABLE\s+"?log_lines_fts"?\s+USING\s+fts5\s*\(([^()]*)\)$/i.exec(sql.trim()) ?? [];
  return (
    columns?.toLowerCase().replace(/['"\s]/g, "") ===
    "run_idunindexed,artifact_idunindexed,line_numunindexed,text,tokenize=unicode61"
  );
}

/** Functions that the tables and indexes of this program and of the Go build call. */
const FUNCTIONS = /^(?:datetime|strftime|substr|rtrim|length|coalesce)$/i;
/** Words that come before a parenthesis without being a call. */
const NOT_CALLED =
  /^(?:check|default|key|references|unique|in|on|where|and|or|not|null|text|integer|int|varchar|char|bigint)$/i;
/** Words of a generated column, of a query, and of calls that do not look like one. */
const FORBIDDEN = /^(?:as|generated|select|like|glob|regexp|match)$/i;

/** Returns the first word of a definition that does not belong there, or null. */
function oddWord(sql: string): string | null {
  const words = (sql.match(WORD) ?? []).filter((word) => !/^(?:\s|--|\/\*)/.test(word));
  for (const [i, word] of words.entries()) {
    if (FORBIDDEN.test(word)) return word;
    if (words[i + 1] !== "(" || !/^[\w"`[]/.test(word) || NOT_CALLED.test(word) || FUNCTIONS.test(word)) continue;
    // A name follows: `CREATE TABLE x (`, `ON x (`, `REFERENCES x (`.
    const before = words[i - 1]?.toLowerCase() ?? "";
    if (["table", "on", "references"].includes(before)) continue;
    return `${word}(`;
  }
  return null;
}

/** Comments, strings and quoted names, words, and every other character by itself. */
const WORD = /(?:--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[\w$]+|[^\s\w]/g;

let cached: { known: ReadonlySet<string>; exact: ReadonlySet<string> } | undefined;

/** The names that this program's statements use, and the definitions of the migrations as SQLite stores them. */
function expected(): { known: ReadonlySet<string>; exact: ReadonlySet<string> } {
  if (cached) return cached;
  const known = new Set<string>(["scenariolog_migrations", ...SHADOWS]);
  const exact = new Set<string>();
  for (const statement of migrations.flatMap(({ statements }) => statements)) {
    const [, kind, name] = /^CREATE (TABLE|VIRTUAL TABLE|(?:UNIQUE )?INDEX) IF NOT EXISTS (\w+)/.exec(statement) ?? [];
    if (kind === undefined) continue;
    if (kind.endsWith("TABLE")) known.add(name!);
    exact.add(statement.replace(" IF NOT EXISTS", ""));
  }
  cached = { known, exact };
  return cached;
}

function shortened(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
