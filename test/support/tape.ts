import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import fs from "node:fs";
import path from "node:path";

/** A row with the columns that a query names. */
// biome-ignore lint/suspicious/noExplicitAny: each query has its own
type Row = Readonly<Record<string, any>>;

/** A step's log as the database knows it, with the bytes of its file. */
export interface Tape {
  readonly stepId: string;
  readonly attempt: number;
  readonly kind: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Expects a database to be whole: SQLite finds no fault in it, every artifact has the recorded bytes, no two share a file, and
 * every line is in the index exactly one time, in order. Returns the logs.
 */
export function expectWholeTape(db: string, options: { indexed?: boolean } = {}): Tape[] {
  const handle = new Database(db, { readonly: true });
  const all = (sql: string) => handle.query(sql).all() as Row[];
  try {
    expect(all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(all("PRAGMA foreign_key_check")).toEqual([]);
    const artifacts = all(
      `SELECT a.artifact_id, a.step_id, a.kind, a.path, a.size_bytes, a.sha256, a.is_text, r.root_dir, l.attempt
       FROM artifacts a JOIN scenario_runs r ON r.run_id = a.run_id LEFT JOIN log_files l ON l.artifact_id = a.artifact_id`,
    );
    const files = artifacts.map((row) => path.resolve(row.root_dir, row.path));
    expect(files.filter((file, i) => files.indexOf(file) !== i)).toEqual([]);
    const indexed = options.indexed === false ? null : indexedLines(handle);
    return artifacts.map((row, i): Tape => {
      const bytes = fs.readFileSync(files[i]!);
      expect({ path: row.path, size: bytes.length }).toEqual({ path: row.path, size: row.size_bytes });
      expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(row.sha256);
      if (indexed && row.is_text !== 0) {
        const found = indexed.get(row.artifact_id) ?? new Lines();
        expect({ path: row.path, indexed: found.summary }).toEqual({ path: row.path, indexed: linesOf(bytes).summary });
      }
      return { stepId: row.step_id, attempt: row.attempt, kind: row.kind, path: row.path, bytes };
    });
  } finally {
    handle.close();
  }
}

/** A summary of lines in their order, as there may be millions. */
class Lines {
  #count = 0;
  #first: string | undefined;
  #last: string | undefined;
  #outOfOrder: number | undefined;
  readonly #hasher = new Bun.CryptoHasher("sha256");

  add(line: string, number = this.#count + 1): void {
    this.#count++;
    this.#first ??= line;
    this.#last = line;
    if (number !== this.#count) this.#outOfOrder ??= number;
    this.#hasher.update(`${line}\n`);
  }

  get summary(): unknown {
    return {
      count: this.#count,
      first: this.#first,
      last: this.#last,
      outOfOrder: this.#outOfOrder,
      sha256: this.#hasher.copy().digest("hex"),
    };
  }
}

/** The lines by artifact, in one pass: the index cannot find the lines of a single one. */
function indexedLines(handle: Database): Map<number, Lines> {
  const byArtifact = new Map<number, Lines>();
  const query = handle.query<Row, []>("SELECT artifact_id, line_num, text FROM log_lines_fts ORDER BY rowid");
  for (const { artifact_id: id, line_num: number, text } of query.iterate()) {
    const lines = byArtifact.get(id) ?? new Lines();
    byArtifact.set(id, lines);
    lines.add(text, number);
  }
  return byArtifact;
}

function linesOf(bytes: Buffer): Lines {
  const texts = bytes.toString().split("\n");
  if (texts.at(-1) === "") texts.pop();
  const lines = new Lines();
  for (const text of texts) lines.add(text);
  return lines;
}
