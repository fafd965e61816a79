import type { Store } from "./store.ts";

/** How far an artifact's lines are in the index. `bytes` is where the next unindexed line begins in its file. */
export interface IndexState {
  readonly state: "partial" | "complete";
  readonly lines: number;
  readonly bytes: number;
}

/** Returns null for an artifact of the Go build, which keeps no account of what it indexed. */
export function indexStateOf(store: Store, artifactId: number): IndexState | null {
  return store.get<{ state: "partial" | "complete"; lines: number; bytes: number }>(
    "SELECT state, lines, bytes FROM artifact_index WHERE artifact_id = ?",
    artifactId,
  );
}

/**
 * Adds the lines that follow `from` and moves the artifact's state on to `to`, in one transaction. Returns false, and
 * adds nothing, if another process has moved the state meanwhile, or if it was told to stop before it had the lock.
 */
export async function appendLines(
  store: Store,
  target: { runId: string; artifactId: number },
  texts: readonly string[],
  from: IndexState,
  to: IndexState,
  stop: () => boolean = () => false,
): Promise<boolean> {
  const added = await store.backgroundTransaction(() => {
    const now = indexStateOf(store, target.artifactId) ?? { state: "partial", lines: 0, bytes: 0 };
    if (now.state !== "partial" || now.lines !== from.lines || now.bytes !== from.bytes) return false;
    insertLines(store, target, texts, from.lines);
    setIndexState(store, target.artifactId, to);
    return true;
  }, stop);
  return added === true;
}

/** Adds all lines of an artifact that has none in the index yet, within the caller's transaction. */
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

/** Records that nothing of an artifact is indexed yet, and that it should be. */
export function markUnindexed(store: Store, artifactId: number): void {
  setIndexState(store, artifactId, { state: "partial", lines: 0, bytes: 0 });
}

/** Records that an artifact's lines should not be in the index: nothing is missing there, and nothing adds them. */
export function leaveUnindexed(store: Store, artifactId: number): void {
  setIndexState(store, artifactId, { state: "complete", lines: 0, bytes: 0 });
}

/** Removes an artifact's lines from the index, because its file holds something else. */
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

/** Counts the text artifacts, of a run or of all (null), that are known to be indexed in part or not at all. */
export function countUnindexed(store: Store, runId: string | null): number {
  if (!store.hasTable("artifact_index")) return 0;
  const partial = "i.artifact_id = a.artifact_id AND i.state = 'partial' AND a.is_text <> 0";
  // There are two statements, because one with "or any run" would read all artifacts.
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
  // This table has a row for each line, and not the texts.
  return store.get<{ n: number }>("SELECT count(*) AS n FROM log_lines_fts_docsize")!.n;
}

/** Moves an artifact's state on, within the caller's transaction. */
export function setIndexState(store: Store, artifactId: number, to: IndexState): void {
  store.run(
    `INSERT INTO artifact_index(artifact_id, state, lines, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT(artifact_id) DO UPDATE SET state = excluded.state, lines = excluded.lines, bytes = excluded.bytes`,
    artifactId,
    to.state,
    to.lines,
    to.bytes,
  );
}

/** Records where lines of an artifact are. Rows of one transaction are consecutive, and so are those of two transactions if nobody wrote between them. */
export function addRange(store: Store, artifactId: number, first: number, last: number): void {
  const grown = store.run(
    "UPDATE line_ranges SET last_rowid = ? WHERE artifact_id = ? AND last_rowid = ?",
    last,
    artifactId,
    first - 1,
  );
  if (grown.changes > 0) return;
  // The range of lines that somebody deleted may begin with the same row id.
  store.run(
    "INSERT OR REPLACE INTO line_ranges(artifact_id, first_rowid, last_rowid) VALUES (?, ?, ?)",
    artifactId,
    first,
    last,
  );
}
