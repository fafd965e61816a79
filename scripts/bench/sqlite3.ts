import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScriptError } from "../build/project.ts";

/** As long as a real run id: each line's row holds it. */
const RUN_ID = "2024-01-01T00:00:00.000000000Z-pid-12345-0123456789abcdef";

/**
 * The usual way to make an index: the sqlite3 program reads the log into a plain table, and copies it into the same FTS5
 * table in one transaction. A script with an INSERT for each line is a quarter slower, as it must be parsed.
 */
export class UsualWay {
  readonly db: string;
  readonly #script: string;

  constructor(dir: string, log: string) {
    this.db = join(dir, "usual.db");
    this.#script = join(dir, "usual.sql");
    const quoted = (path: string) => `"${path.replaceAll(/["\\]/g, "\\$&")}"`;
    // The plain table is a temporary one, which is not in the file; \037 is in no line, so that a line is one column.
    writeFileSync(
      this.#script,
      `PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
DROP TABLE IF EXISTS log_lines_fts;
CREATE VIRTUAL TABLE log_lines_fts USING fts5(
  run_id UNINDEXED, artifact_id UNINDEXED, line_num UNINDEXED, text, tokenize='unicode61'
);
CREATE TEMP TABLE lines(text TEXT);
.mode ascii
.separator "\\037" "\\n"
.import ${quoted(log)} lines
BEGIN;
INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) SELECT '${RUN_ID}', 1, rowid, text FROM lines;
COMMIT;
`,
    );
  }

  /** The command for the shell: the script on stdin, into a new file. */
  get argv(): string[] {
    return ["sh", "-c", 'rm -f "$1" "$1"-*; exec sqlite3 "$1" <"$2"', "sh", this.db, this.#script];
  }

  /** Throws if lines are missing. */
  check(lines: number): void {
    const count = Bun.spawnSync(["sqlite3", this.db, "SELECT count(*) FROM log_lines_fts"]).stdout.toString().trim();
    if (count !== String(lines)) throw new ScriptError(`sqlite3 took in ${count} lines, not ${lines}`);
  }

  sizeBytes(): number {
    return statSync(this.db).size;
  }
}
