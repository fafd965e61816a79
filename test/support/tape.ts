import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import fs from "node:fs";
import path from "node:path";

/** A row of whatever columns were asked for. */
// biome-ignore lint/suspicious/noExplicitAny: each query has its own
type Row = Readonly<Record<string, any>>;

/** A step's log as the database has it, with the bytes of its file. */
export interface Tape {
  readonly stepId: string;
  readonly attempt: number;
  readonly kind: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Expects a database to be whole: SQLite finds nothing wrong with it, every artifact has the recorded bytes, none of
 * them shares its file with another, and every line is in the index exactly once, in order. Returns the logs.
 */
export function expectWholeTape(db: string, options: { indexed?: boolean } = {}): Tape[] {
  const handle = new Database(db, { readonly: true });
  const all = (sql: string, ...params: (string | number)[]) => handle.query(sql).all(...params) as Row[];
  try {
    expect(all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(all("PRAGMA foreign_key_check")).toEqual([]);
    const artifacts = all(
      `SELECT a.artifact_id, a.step_id, a.kind, a.path, a.size_bytes, a.sha256, r.root_dir, l.attempt
       FROM artifacts a JOIN scenario_runs r ON r.run_id = a.run_id LEFT JOIN log_files l ON l.artifact_id = a.artifact_id`,
    );
    const files = artifacts.map((row) => path.resolve(row.root_dir, row.path));
    expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([]);
    return artifacts.map((row, i): Tape => {
      const bytes = fs.readFileSync(files[i]!);
      expect({ path: row.path, size: bytes.length }).toEqual({ path: row.path, size: row.size_bytes });
      expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(row.sha256);
      if (options.indexed !== false) expectIndexed(all, row.artifact_id, bytes);
      return { stepId: row.step_id, attempt: row.attempt, kind: row.kind, path: row.path, bytes };
    });
  } finally {
    handle.close();
  }
}

function expectIndexed(all: (sql: string, id: number) => Row[], artifactId: number, bytes: Buffer): void {
  const rows = all("SELECT line_num, text FROM log_lines_fts WHERE artifact_id = ? ORDER BY rowid", artifactId);
  expect(rows.findIndex((row, i) => row.line_num !== i + 1)).toBe(-1);
  const lines = bytes.toString().split("\n");
  if (lines.at(-1) === "") lines.pop();
  // Only the first that differs is shown: there may be hundreds of thousands.
  const at = lines.findIndex((line, i) => line !== rows[i]?.text);
  expect({ at, indexed: rows[at]?.text, of: rows.length }).toEqual({ at: -1, indexed: undefined, of: lines.length });
}
