import { ScenariologError } from "../errors.ts";
import { expressionOf } from "./expression.ts";
import { countUnindexed } from "./lines.ts";
import { type Run, runIds, startOrder } from "./runs.ts";
import type { Store } from "./store.ts";
import { UnrecordedLines } from "./unrecorded.ts";

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
  /** Artifacts looked in that are known not to be wholly in the index: there may be more hits. */
  readonly unindexed: number;
}

/** With fewer matching lines than this in all runs, their own artifacts are looked at instead of everybody's. */
const FEW_LINES = 1000;
/** With more ranges than this they are not asked one by one, unless more lines match than this. */
const MANY_RANGES = 50;
const MANY_LINES = 10_000;

/** Hits in the order run, step, stream, line. Throws NO_FTS5 without an index, USAGE for a query without a word. */
export function searchLines(store: Store, spec: SearchSpec): SearchResult {
  if (!store.fts) throw noIndex(store);
  const { expression, asPhrase } = expressionOf(store, spec.query, spec.literal);
  const hits: Hit[] = [];
  const limit = spec.limit < 0 ? Number.POSITIVE_INFINITY : spec.limit;
  const unrecorded = new UnrecordedLines(store);
  let unindexed = countUnindexed(store, spec.run?.run_id ?? null);
  for (const artifacts of artifactsToSearch(store, spec, expression)) {
    if (hits.length >= limit) break;
    const found = unrecorded.find(artifacts.filter(mayBeUnrecorded).map((artifact) => artifact.artifact_id));
    for (const artifact of artifacts) {
      if (mayBeUnrecorded(artifact) && artifact.is_text !== 0 && !found.has(artifact.artifact_id)) unindexed++;
    }
    const byId = new Map(artifacts.map((artifact) => [artifact.artifact_id, artifact]));
    for (const lines of linesOf(store, expression, mergedRanges(artifacts, found), () => limit - hits.length)) {
      for (const line of lines) {
        // Absent only where rows were deleted by hand and their numbers given to another artifact's lines.
        const artifact = byId.get(line.artifact_id);
        if (artifact && hits.length < limit) hits.push(hitOf(artifact, line));
      }
      if (hits.length >= limit) break;
    }
  }
  return { hits, asPhrase, unindexed };
}

interface Artifact {
  readonly run_id: string;
  readonly artifact_id: number;
  readonly step_id: string | null;
  readonly kind: string;
  readonly path: string;
  readonly is_text: number;
  readonly size_bytes: number | null;
  /** 0 where the Go build recorded it: no account of where its lines are, or whether they are. */
  readonly recorded: number;
  /** One row a range; null for an artifact without a recorded one. */
  readonly first_rowid: number | null;
  readonly last_rowid: number | null;
}

function mayBeUnrecorded(artifact: Artifact): boolean {
  return artifact.recorded === 0 && artifact.size_bytes !== 0;
}

/** Lots of artifacts in the order of the answer, made as they are asked for. */
function* artifactsToSearch(store: Store, spec: SearchSpec, expression: string): Generator<Artifact[]> {
  if (spec.run) {
    yield artifactsIn(store, "run_id", [spec.run.run_id], spec);
    return;
  }
  const few = fewMatching(store, expression);
  if (few) {
    yield artifactsIn(store, "artifact_id", few, spec);
    return;
  }
  // A frequent word fills its limit in the first runs; one that does not is asked for in ever larger lots.
  const runs = runIds(store);
  for (let start = 0, size = 1; start < runs.length; start += size, size *= 2) {
    yield artifactsIn(store, "run_id", runs.slice(start, start + size), spec);
  }
}

/** Ids of the artifacts that have matching lines, if those are few. The cost does not grow with the index. */
function fewMatching(store: Store, expression: string): number[] | null {
  const lines = store.all<{ rowid: number }>(
    "SELECT rowid FROM log_lines_fts WHERE log_lines_fts MATCH ? LIMIT ?",
    expression,
    FEW_LINES + 1,
  );
  if (lines.length > FEW_LINES) return null;
  const ids = store.all<{ artifact_id: number }>(
    "SELECT DISTINCT artifact_id FROM log_lines_fts WHERE rowid IN (SELECT value FROM json_each(?))",
    JSON.stringify(lines.map((line) => line.rowid)),
  );
  return ids.map((row) => row.artifact_id);
}

/** Works on a database of the Go build's, which has no record of ranges. */
function artifactsIn(
  store: Store,
  column: "run_id" | "artifact_id",
  values: readonly (string | number)[],
  spec: SearchSpec,
): Artifact[] {
  const recorded = store.hasTable("line_ranges") && store.hasTable("artifact_index");
  return store.all<Artifact>(
    `SELECT a.run_id, a.artifact_id, a.step_id, a.kind, a.path, a.is_text, a.size_bytes,
            ${recorded ? "i.artifact_id IS NOT NULL AS recorded, l.first_rowid, l.last_rowid" : "0 AS recorded, NULL AS first_rowid, NULL AS last_rowid"}
     FROM json_each(?1) wanted
     CROSS JOIN artifacts a ON a.${column} = wanted.value
     JOIN scenario_runs r ON r.run_id = a.run_id
     LEFT JOIN steps s ON s.step_id = a.step_id
     ${recorded ? "LEFT JOIN artifact_index i ON i.artifact_id = a.artifact_id LEFT JOIN line_ranges l ON l.artifact_id = a.artifact_id" : ""}
     WHERE (?2 IS NULL OR s.step_num = ?2) AND (?3 IS NULL OR a.kind = ?3)
     ORDER BY ${startOrder("r")}, s.step_num, a.step_id,
       CASE a.kind WHEN 'stdout' THEN 0 WHEN 'stderr' THEN 1 ELSE 2 END, a.kind, a.artifact_id
       ${recorded ? ", l.first_rowid" : ""}`,
    JSON.stringify(values),
    spec.stepNum ?? null,
    spec.kind ?? null,
  );
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Ranges that follow one another without a gap become one: a run of many steps is mostly one question. */
function mergedRanges(artifacts: readonly Artifact[], found: ReadonlyMap<number, readonly Range[]>): Range[] {
  const merged: Range[] = [];
  const add = ({ first, last }: Range) => {
    const previous = merged.at(-1);
    if (previous && previous.last + 1 === first) merged[merged.length - 1] = { first: previous.first, last };
    else merged.push({ first, last });
  };
  for (const artifact of artifacts) {
    const { artifact_id, first_rowid: first, last_rowid: last } = artifact;
    if (first !== null && last !== null) add({ first, last });
    else if (mayBeUnrecorded(artifact)) for (const segment of found.get(artifact_id) ?? []) add(segment);
  }
  return merged;
}

/** Matching lines in the order of the ranges, some at a time. `left` is how many are still wanted. */
function* linesOf(
  store: Store,
  expression: string,
  ranges: readonly Range[],
  left: () => number,
): Generator<readonly FoundLine[]> {
  const whole = ranges.length > MANY_RANGES ? linesAtOnce(store, expression, ranges, left()) : null;
  if (whole) yield whole;
  else for (const range of ranges) yield linesBetween(store, expression, range, left());
}

/**
 * Logs that were indexed at the same time lie in thousands of ranges, and each costs a look into every segment of the
 * index: one question for all of them, put in order afterwards. Null when too many lines match for that: then the first
 * ranges have enough of them.
 */
function linesAtOnce(
  store: Store,
  expression: string,
  ranges: readonly Range[],
  limit: number,
): readonly FoundLine[] | null {
  const most = Number.isFinite(limit) ? limit + MANY_LINES : Number.POSITIVE_INFINITY;
  const byPlace = ranges.map((range, order) => ({ ...range, order })).sort((a, b) => a.first - b.first);
  const span = { first: byPlace[0]!.first, last: Math.max(...byPlace.map(({ last }) => last)) };
  const lines = linesBetween(store, expression, span, most + 1);
  if (lines.length > most) return null;
  const ordered: FoundLine[][] = ranges.map(() => []);
  let at = 0;
  for (const line of lines) {
    while (at < byPlace.length && byPlace[at]!.last < line.rowid) at++;
    const range = byPlace[at];
    if (range && range.first <= line.rowid) ordered[range.order]!.push(line);
  }
  return ordered.flat();
}

interface FoundLine {
  readonly rowid: number;
  readonly artifact_id: number;
  readonly line_num: number;
  readonly text: string;
}

/** With bounds on its rowid FTS5 seeks, instead of reading every match of all history. */
function linesBetween(store: Store, expression: string, { first, last }: Range, limit: number): FoundLine[] {
  return store.all<FoundLine>(
    `SELECT rowid, artifact_id, line_num, text FROM log_lines_fts
     WHERE log_lines_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?`,
    expression,
    first,
    last,
    Number.isFinite(limit) ? limit : -1,
  );
}

function hitOf({ run_id, artifact_id, step_id, kind, path }: Artifact, { line_num, text }: FoundLine): Hit {
  return { run_id, artifact_id, step_id, kind, path, line_num, text };
}

function noIndex(store: Store): ScenariologError {
  if (!store.fts5) {
    return new ScenariologError("NO_FTS5", "search needs FTS5, which this SQLite does not have", {
      hint: "the logs are files: grep them; or use a build with FTS5 and index them: scenariolog index fts",
    });
  }
  return new ScenariologError("NO_FTS5", `search needs an FTS5 index, which ${store.path} does not have`, {
    hint: `make it: scenariolog index fts --db ${store.path} --run-id latest`,
  });
}
