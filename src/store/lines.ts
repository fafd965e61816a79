import { unrecordedSegments } from "./go-build/unrecorded.ts";
import type { Store } from "./store.ts";

/** How far an artifact's lines are in the index. `bytes` is where the next unindexed line begins in its file. */
export interface IndexState {
  readonly state: "partial" | "complete";
  readonly lines: number;
  readonly bytes: number;
}

/** Null when the Go build recorded the artifact: it keeps no account of what it indexed. */
export function indexStateOf(store: Store, artifactId: number): IndexState | null {
  return store.get<{ state: "partial" | "complete"; lines: number; bytes: number }>(
    "SELECT state, lines, bytes FROM artifact_index WHERE artifact_id = ?",
    artifactId,
  );
}

/**
 * Adds the lines that follow `from` and moves the artifact's state on to `to`, in one transaction. Returns false, and
 * adds nothing, when another process has moved it meanwhile, or when it is to stop while it waits for the lock.
 */
export async function appendLines(
  store: Store,
  target: { runId: string; artifactId: number },
  texts: readonly string[],
  from: IndexState,
  to: IndexState,
  stop: () => boolean = () => false,
): Promise<boolean> {
  const added = await store.patient(() => {
    const now = indexStateOf(store, target.artifactId) ?? { state: "partial", lines: 0, bytes: 0 };
    if (now.state !== "partial" || now.lines !== from.lines || now.bytes !== from.bytes) return false;
    insertLines(store, target, texts, from.lines);
    setIndexState(store, target.artifactId, to);
    return true;
  }, stop);
  return added === true;
}

/** All lines of an artifact that has none in the index yet, within the caller's transaction. */
export function insertAllLines(
  store: Store,
  target: { runId: string; artifactId: number },
  texts: readonly string[],
  bytes: number,
): void {
  insertLines(store, target, texts, 0);
  setIndexState(store, target.artifactId, { state: "complete", lines: texts.length, bytes });
}

function insertLines(
  store: Store,
  target: { runId: string; artifactId: number },
  texts: readonly string[],
  linesBefore: number,
): void {
  const { first, last } = store.insertRows(
    "INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) VALUES (?, ?, ?, ?)",
    texts.length,
    (i) => [target.runId, target.artifactId, linesBefore + 1 + i, texts[i]!],
  );
  if (texts.length > 0) addRange(store, target.artifactId, first, last);
}

/**
 * Takes over what the Go build indexed: artifacts without a state whose lines are there become complete (it indexes
 * an artifact in one transaction, or not at all). Cheap when there is none.
 */
export function adoptLines(store: Store): void {
  store.immediate(() => {
    const unknown = "SELECT 1 FROM artifacts WHERE artifact_id NOT IN (SELECT artifact_id FROM artifact_index)";
    if (!store.get(`${unknown} LIMIT 1`)) return;
    const lines = new Map<number, number>();
    for (const { artifactId, first, last } of [...unrecordedSegments(store)]) {
      if (!store.get(`${unknown} AND artifact_id = ?`, artifactId)) continue;
      addRange(store, artifactId, first, last);
      lines.set(artifactId, (lines.get(artifactId) ?? 0) + last - first + 1);
    }
    for (const [artifactId, count] of lines) {
      setIndexState(store, artifactId, { state: "complete", lines: count, bytes: 0 });
    }
  });
}

/** The state of an artifact that nothing is indexed of yet: a record that this is still to be done. */
export function markUnindexed(store: Store, artifactId: number): void {
  setIndexState(store, artifactId, { state: "partial", lines: 0, bytes: 0 });
}

/** The state of an artifact whose lines are not to be in the index: nothing is missing there, and nothing adds them. */
export function leaveUnindexed(store: Store, artifactId: number): void {
  setIndexState(store, artifactId, { state: "complete", lines: 0, bytes: 0 });
}

/** Takes an artifact's lines out of the index: they are not what its file holds. */
export function forgetLines(store: Store, artifactId: number): void {
  const ranges = store.all<{ first_rowid: number; last_rowid: number }>(
    "SELECT first_rowid, last_rowid FROM line_ranges WHERE artifact_id = ?",
    artifactId,
  );
  for (const { first_rowid: first, last_rowid: last } of ranges) {
    store.run("DELETE FROM log_lines_fts WHERE rowid BETWEEN ? AND ?", first, last);
  }
  store.run("DELETE FROM line_ranges WHERE artifact_id = ?", artifactId);
  markUnindexed(store, artifactId);
}

/** Text artifacts, of a run or of all (null), that are known not to be wholly in the index. */
export function countUnindexed(store: Store, runId: string | null): number {
  if (!store.hasTable("artifact_index")) return 0;
  const partial = "i.artifact_id = a.artifact_id AND i.state = 'partial' AND a.is_text <> 0";
  // Two statements, since one with "or any run" reads the artifacts of all.
  const counted =
    runId === null
      ? store.get<{ n: number }>(`SELECT count(*) AS n FROM artifact_index i JOIN artifacts a ON ${partial}`)
      : store.get<{ n: number }>(
          `SELECT count(*) AS n FROM artifacts a JOIN artifact_index i ON ${partial} WHERE a.run_id = ?`,
          runId,
        );
  return counted!.n;
}

export function countLines(store: Store): number {
  // The content table's row count, without reading the texts.
  return store.get<{ n: number }>("SELECT count(*) AS n FROM log_lines_fts_docsize")!.n;
}

function setIndexState(store: Store, artifactId: number, to: IndexState): void {
  store.run(
    `INSERT INTO artifact_index(artifact_id, state, lines, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT(artifact_id) DO UPDATE SET state = excluded.state, lines = excluded.lines, bytes = excluded.bytes`,
    artifactId,
    to.state,
    to.lines,
    to.bytes,
  );
}

/** Rows of one transaction are consecutive; so are those of two when nobody wrote between them. */
function addRange(store: Store, artifactId: number, first: number, last: number): void {
  const grown = store.run(
    "UPDATE line_ranges SET last_rowid = ? WHERE artifact_id = ? AND last_rowid = ?",
    last,
    artifactId,
    first - 1,
  );
  if (grown.changes > 0) return;
  // A range of lines that somebody has deleted may begin with the same number.
  store.run(
    "INSERT OR REPLACE INTO line_ranges(artifact_id, first_rowid, last_rowid) VALUES (?, ?, ?)",
    artifactId,
    first,
    last,
  );
}
