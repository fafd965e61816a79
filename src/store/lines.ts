import type { Store } from "./store.ts";

/** How far an artifact's lines are in the index. `bytes` is where the next unindexed line begins in its file. */
export interface IndexState {
  readonly state: "partial" | "complete";
  readonly lines: number;
  readonly bytes: number;
}

/** Null when the artifact was never begun, or was indexed by a build that keeps no record of it. */
export function indexStateOf(store: Store, artifactId: number): IndexState | null {
  return store.get<{ state: "partial" | "complete"; lines: number; bytes: number }>(
    "SELECT state, lines, bytes FROM artifact_index WHERE artifact_id = ?",
    artifactId,
  );
}

/** Adds the lines that follow `from.lines` and moves the artifact's state on to `to`, in one transaction. */
export function appendLines(
  store: Store,
  target: { runId: string; artifactId: number },
  texts: readonly string[],
  to: IndexState,
): void {
  store.immediate(() => {
    const firstLine = to.lines - texts.length + 1;
    let first = 0;
    let last = 0;
    for (let i = 0; i < texts.length; i++) {
      last = store.run(
        "INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) VALUES (?, ?, ?, ?)",
        target.runId,
        target.artifactId,
        firstLine + i,
        texts[i]!,
      ).lastInsertRowid;
      if (i === 0) first = last;
    }
    if (texts.length > 0) addRange(store, target.artifactId, first, last);
    setIndexState(store, target.artifactId, to);
  });
}

/**
 * Takes over what another build indexed without a record: artifacts of the run that have lines but no state become
 * complete (the Go build indexes an artifact in one transaction, or not at all). Returns how many.
 */
export function adoptLines(store: Store, runId: string): number {
  return store.immediate(() => {
    // artifact_id is not indexed by FTS5: this reads every line of the index, so it is asked only when needed.
    const unknown = store.get(
      "SELECT 1 FROM artifacts WHERE run_id = ? AND artifact_id NOT IN (SELECT artifact_id FROM artifact_index)",
      runId,
    );
    if (!unknown) return 0;
    const found = store.all<{ artifact_id: number; lines: number; first: number; last: number }>(
      `SELECT f.artifact_id, count(*) AS lines, min(f.rowid) AS first, max(f.rowid) AS last
       FROM log_lines_fts f
       WHERE f.run_id = ?
         AND f.artifact_id IN (SELECT artifact_id FROM artifacts WHERE run_id = ?)
         AND f.artifact_id NOT IN (SELECT artifact_id FROM artifact_index)
       GROUP BY f.artifact_id`,
      runId,
      runId,
    );
    let adopted = 0;
    for (const { artifact_id, lines, first, last } of found) {
      // Rows that others' rows lie between have no range; search finds them the slow way.
      if (last - first + 1 !== lines) continue;
      addRange(store, artifact_id, first, last);
      setIndexState(store, artifact_id, { state: "complete", lines, bytes: 0 });
      adopted++;
    }
    return adopted;
  });
}

/** Whether any line of the artifact is in the index: reads all of it, for artifacts without a state only. */
export function hasLines(store: Store, artifactId: number): boolean {
  return store.get("SELECT 1 FROM log_lines_fts WHERE artifact_id = ? LIMIT 1", artifactId) !== null;
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
  store.run("INSERT INTO line_ranges(artifact_id, first_rowid, last_rowid) VALUES (?, ?, ?)", artifactId, first, last);
}
