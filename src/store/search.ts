import { ScenariologError } from "../errors.ts";
import { UnrecordedLines } from "./go-build/unrecorded.ts";
import { conditionOf, type LineCondition } from "./line-condition.ts";
import { countUnindexed } from "./lines.ts";
import { type FoundLine, linesOf, type Range, rowidsBetween } from "./matching-lines.ts";
import { oldestRunIds, type Run, startOrder } from "./runs.ts";
import type { Store } from "./store.ts";

export interface SearchSpec {
  /** One run, or null for all of them. */
  readonly run: Run | null;
  readonly query: string;
  /** Takes the query as a phrase of its words, whatever it looks like. */
  readonly literal: boolean;
  /** Looks for the query itself, in words and across them. */
  readonly contains?: boolean;
  /** The most rows to return: 0 is none, negative is all. */
  readonly limit: number;
  /** Searches steps of this number only. */
  readonly stepNum?: number;
  /** Searches artifacts of this kind only. */
  readonly kind?: string;
}

export interface Hit {
  /** Of the line's row in the index. */
  readonly rowid: number;
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
  /** Whether the query is no FTS5 expression and was taken as a phrase of its words. */
  readonly asPhrase: boolean;
  /** Artifacts looked in that are known not to be wholly in the index: there may be more hits. */
  readonly unindexed: number;
}

/** What may be spent to learn which artifacts have matching lines: lines a probe, probes, and artifacts found. */
interface ProbeBudget {
  readonly lines: number;
  readonly probes: number;
  readonly artifacts: number;
}
/** Reads all lines of a rare word. */
const RARE_WORD: ProbeBudget = { lines: 1000, probes: 1, artifacts: 1000 };
/** Finds a frequent word that the first runs do not have: a new one, in a few logs. */
const NEW_WORD: ProbeBudget = { lines: 120, probes: 32, artifacts: 100 };
/** The runs of the first three lots. After these the second budget is spent. */
const FIRST_RUNS = 1 + 2 + 4;

/** Returns hits in the order run, step, stream, line. Throws NO_FTS5 without an index, USAGE for a query without a word. */
export function searchLines(store: Store, spec: SearchSpec): SearchResult {
  if (!store.fts) throw noIndex(store);
  const condition = conditionOf(store, {
    text: spec.query,
    literal: spec.literal,
    contains: spec.contains === true,
  });
  const hits: Hit[] = [];
  const limit = spec.limit < 0 ? Number.POSITIVE_INFINITY : spec.limit;
  const unrecorded = new UnrecordedLines(store);
  let unindexed = countUnindexed(store, spec.run?.run_id ?? null);
  for (const artifacts of limit > 0 ? artifactsToSearch(store, spec, condition) : []) {
    const found = unrecorded.find(artifacts.filter(mayBeUnrecorded).map((artifact) => artifact.artifact_id));
    for (const artifact of artifacts) {
      if (mayBeUnrecorded(artifact) && artifact.is_text !== 0 && !found.has(artifact.artifact_id)) unindexed++;
    }
    const byId = new Map(artifacts.map((artifact) => [artifact.artifact_id, artifact]));
    for (const lines of linesOf(store, condition, mergedRanges(artifacts, found), () => limit - hits.length)) {
      for (const line of lines) {
        // It is absent only if somebody deleted rows, and their numbers went to another artifact's lines.
        const artifact = byId.get(line.artifact_id);
        if (artifact && hits.length < limit) hits.push(hitOf(artifact, line));
      }
      if (hits.length >= limit) break;
    }
    if (hits.length >= limit) break;
  }
  return { hits, asPhrase: condition.asPhrase, unindexed };
}

interface Artifact {
  readonly run_id: string;
  readonly artifact_id: number;
  readonly step_id: string | null;
  readonly kind: string;
  readonly path: string;
  readonly is_text: number;
  readonly size_bytes: number | null;
  /** 0 for an artifact of the Go build, which keeps no account of where its lines are, or whether they are there. */
  readonly recorded: number;
  /** One row a range; null for an artifact without a recorded one. */
  readonly first_rowid: number | null;
  readonly last_rowid: number | null;
}

function mayBeUnrecorded(artifact: Artifact): boolean {
  return artifact.recorded === 0 && artifact.size_bytes !== 0;
}

/** Yields artifacts, some at a time, in the order of the answer. */
function* artifactsToSearch(store: Store, spec: SearchSpec, condition: LineCondition): Generator<Artifact[]> {
  if (spec.run) {
    yield artifactsIn(store, "run_id", [spec.run.run_id], spec);
    return;
  }
  const few = condition.byWords ? artifactsMatching(store, condition, RARE_WORD) : null;
  if (few) {
    yield artifactsIn(store, "artifact_id", few, spec);
    return;
  }
  // A frequent word fills its limit in the first runs. If it does not, ever larger lots of runs are searched.
  const seen = new Set<number>();
  for (let start = 0, size = 1; ; start += size, size *= 2) {
    const ids = start === FIRST_RUNS && condition.byWords ? artifactsMatching(store, condition, NEW_WORD) : null;
    if (ids) {
      yield artifactsIn(store, "artifact_id", [...new Set(ids).difference(seen)], spec);
      return;
    }
    const runs = oldestRunIds(store, size, start);
    const artifacts = artifactsIn(store, "run_id", runs, spec);
    if (start < FIRST_RUNS) for (const { artifact_id } of artifacts) seen.add(artifact_id);
    yield artifacts;
    if (runs.length < size) return;
  }
}

/** Ids of the artifacts that have matching lines; null when they are too many, or cannot be told with such a budget. */
function artifactsMatching(store: Store, condition: LineCondition, budget: ProbeBudget): number[] | null {
  const ids = new Set<number>();
  for (let probe = 1, after = Number.MIN_SAFE_INTEGER; ; probe++) {
    const lines = rowidsBetween(
      store,
      condition,
      { first: after + 1, last: Number.MAX_SAFE_INTEGER },
      budget.lines + 1,
    );
    const all = lines.length <= budget.lines;
    if (!all && probe === budget.probes) return null;
    const artifacts = store.all<{ artifact_id: number }>(
      "SELECT DISTINCT artifact_id FROM log_lines_fts WHERE rowid IN (SELECT value FROM json_each(?))",
      JSON.stringify(lines),
    );
    for (const { artifact_id } of artifacts) ids.add(artifact_id);
    if (ids.size > budget.artifacts) return null;
    if (all) return [...ids];
    // One line of a log is enough: the next probe begins after the log's last line.
    after = endOfRange(store, lines.at(-1)!);
  }
}

/** The last line of the same artifact's range; the line itself if no range is recorded. */
function endOfRange(store: Store, rowid: number): number {
  if (!store.hasTable("line_ranges")) return rowid;
  const range = store.get<{ last_rowid: number }>(
    `SELECT last_rowid FROM line_ranges
     WHERE artifact_id = (SELECT artifact_id FROM log_lines_fts WHERE rowid = ?1) AND ?1 BETWEEN first_rowid AND last_rowid`,
    rowid,
  );
  return range?.last_rowid ?? rowid;
}

/** Also works on a database of the Go build, which has no record of ranges. */
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

/** Joins ranges that follow one another without a gap, so that a run of many steps is mostly one question. */
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

function hitOf({ run_id, artifact_id, step_id, kind, path }: Artifact, { rowid, line_num, text }: FoundLine): Hit {
  return { rowid, run_id, artifact_id, step_id, kind, path, line_num, text };
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
