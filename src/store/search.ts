import { ScenariologError, usageError } from "../errors.ts";
import { allRuns, type Run } from "./runs.ts";
import type { Store } from "./store.ts";
import { isStatementError } from "./translate.ts";

export interface SearchSpec {
  /** One run, or null for all of them. */
  readonly run: Run | null;
  readonly query: string;
  /** Take the query as a phrase of its words, whatever it looks like. */
  readonly literal: boolean;
  /** Rows at most; 0 is none, negative is all. */
  readonly limit: number;
  /** Only steps of this number, when given. */
  readonly stepNum?: number;
  /** Only artifacts of this kind, when given. */
  readonly kind?: string;
}

export interface Hit {
  readonly run_id: string;
  readonly artifact_id: number;
  readonly step_id: string | null;
  readonly kind: string;
  readonly path: string;
  readonly line_num: number;
  readonly text: string;
}

export interface SearchResult {
  readonly hits: Hit[];
  /** True when the query is no FTS5 expression and was taken as a phrase of its words. */
  readonly asPhrase: boolean;
}

/** What the unicode61 tokenizer makes words of: letters, numbers and private-use characters. */
const WORD = /[\p{L}\p{N}\p{Co}]/u;

/** Hits in the order run, step, stream, line. Throws NO_FTS5 without an index, USAGE for a query without a word. */
export function searchLines(store: Store, spec: SearchSpec): SearchResult {
  if (!store.fts) {
    throw new ScenariologError("NO_FTS5", `search needs FTS5, which is not available for ${store.path}`, {
      hint: "the logs are files: grep them; or open the database with a build that has FTS5 and run index fts",
    });
  }
  if (!WORD.test(spec.query)) {
    throw usageError(
      `--query ${JSON.stringify(spec.query)} has no word in it`,
      "the index holds words: letters and digits",
    );
  }
  const { expression, asPhrase } = expressionOf(store, spec);
  const hits: Hit[] = [];
  const full = () => spec.limit >= 0 && hits.length >= spec.limit;
  for (const run of spec.run ? [spec.run] : allRuns(store)) {
    if (full()) break;
    searchRun(store, run.run_id, expression, spec, hits, full);
  }
  return { hits: spec.limit >= 0 ? hits.slice(0, spec.limit) : hits, asPhrase };
}

/** Ordinary text (`--out`, `don't`, `x.go:12`) is seldom an FTS5 expression: then it is taken as a phrase. */
function expressionOf(store: Store, spec: SearchSpec): { expression: string; asPhrase: boolean } {
  const phrase = `"${spec.query.replaceAll('"', '""')}"`;
  if (spec.literal) return { expression: phrase, asPhrase: false };
  try {
    // No row has such an id: only the expression is parsed.
    store.get("SELECT 1 FROM log_lines_fts WHERE log_lines_fts MATCH ? AND rowid BETWEEN -2 AND -1", spec.query);
    return { expression: spec.query, asPhrase: false };
  } catch (error) {
    if (!isStatementError(error)) throw error;
    return { expression: phrase, asPhrase: true };
  }
}

interface Source {
  readonly artifact_id: number;
  readonly step_id: string | null;
  readonly kind: string;
  readonly path: string;
  /** Null where another build indexed the artifact, without a record of where its lines are. */
  readonly first_rowid: number | null;
  readonly last_rowid: number | null;
}

function searchRun(
  store: Store,
  runId: string,
  expression: string,
  spec: SearchSpec,
  hits: Hit[],
  full: () => boolean,
): void {
  const sources = sourcesOf(store, runId, spec);
  const byId = new Map(sources.map((source) => [source.artifact_id, source]));
  let unranged: Map<number, FoundLine[]> | undefined;
  for (const interval of intervalsOf(sources)) {
    if (full()) return;
    let rows: FoundLine[];
    if (interval.artifact === undefined) {
      rows = linesBetween(store, expression, interval, spec.limit < 0 ? -1 : spec.limit - hits.length);
    } else {
      unranged ??= linesByArtifact(store, runId, expression);
      rows = unranged.get(interval.artifact) ?? [];
    }
    for (const { artifact_id, line_num, text } of rows) {
      const { step_id, kind, path } = byId.get(artifact_id)!;
      hits.push({ run_id: runId, artifact_id, step_id, kind, path, line_num, text });
    }
  }
}

interface FoundLine {
  readonly artifact_id: number;
  readonly line_num: number;
  readonly text: string;
}

/** Literal bounds: as parameters FTS5 would not push them down, and read every match of all history. */
function linesBetween(store: Store, expression: string, bounds: Interval, limit: number): FoundLine[] {
  return store.allOnce<FoundLine>(
    `SELECT artifact_id, line_num, text FROM log_lines_fts
     WHERE log_lines_fts MATCH ? AND rowid BETWEEN ${bounds.first} AND ${bounds.last} ORDER BY rowid LIMIT ?`,
    expression,
    limit,
  );
}

/** The slow way, for lines without a recorded range: every match of all history is looked at, once a run. */
function linesByArtifact(store: Store, runId: string, expression: string): Map<number, FoundLine[]> {
  const rows = store.all<FoundLine>(
    `SELECT artifact_id, line_num, text FROM log_lines_fts
     WHERE log_lines_fts MATCH ? AND run_id = ? ORDER BY artifact_id, line_num`,
    expression,
    runId,
  );
  return Map.groupBy(rows, (row) => row.artifact_id);
}

/** Where a run's lines are, in the order of the answer. Works on a database that has no record of ranges. */
function sourcesOf(store: Store, runId: string, spec: SearchSpec): Source[] {
  const recorded = store.hasTable("line_ranges") && store.hasTable("artifact_index");
  return store.all<Source>(
    `SELECT a.artifact_id, a.step_id, a.kind, a.path, ${recorded ? "r.first_rowid, r.last_rowid" : "NULL AS first_rowid, NULL AS last_rowid"}
     FROM artifacts a
     LEFT JOIN steps s ON s.step_id = a.step_id
     ${recorded ? "LEFT JOIN artifact_index i ON i.artifact_id = a.artifact_id LEFT JOIN line_ranges r ON r.artifact_id = a.artifact_id" : ""}
     WHERE a.run_id = ?1
       AND (?2 IS NULL OR s.step_num = ?2)
       AND (?3 IS NULL OR a.kind = ?3)
       ${recorded ? "AND (i.artifact_id IS NULL OR r.artifact_id IS NOT NULL)" : ""}
     ORDER BY s.step_num, a.step_id,
       CASE a.kind WHEN 'stdout' THEN 0 WHEN 'stderr' THEN 1 ELSE 2 END, a.kind, a.artifact_id${recorded ? ", r.first_rowid" : ""}`,
    runId,
    spec.stepNum ?? null,
    spec.kind ?? null,
  );
}

interface Interval {
  readonly first: number;
  readonly last: number;
  /** Set where the lines have no recorded range. */
  readonly artifact?: number;
}

/** Ranges that follow one another without a gap become one: a run of many steps is mostly one question. */
function intervalsOf(sources: readonly Source[]): Interval[] {
  const intervals: Interval[] = [];
  for (const { artifact_id, first_rowid, last_rowid } of sources) {
    const previous = intervals.at(-1);
    if (first_rowid === null || last_rowid === null) intervals.push({ first: 0, last: 0, artifact: artifact_id });
    else if (previous && previous.artifact === undefined && previous.last + 1 === first_rowid) {
      intervals[intervals.length - 1] = { first: previous.first, last: last_rowid };
    } else intervals.push({ first: first_rowid, last: last_rowid });
  }
  return intervals;
}
