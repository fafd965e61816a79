import { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { type Result, type RunOptions, scenariolog, tempDir } from "./program.ts";

/** A database with one run, in a temp dir that is also its root. */
export interface Suite {
  readonly dir: string;
  readonly db: string;
  readonly runId: string;
  /** Records a step: `exec` with these flags, then the command. */
  exec(flags: readonly string[], command: readonly string[], options?: RunOptions): Promise<Result>;
  /** A report or other verb on this database. */
  verb(name: string, flags?: readonly string[], options?: RunOptions): Promise<Result>;
  /** Rows of a report, as objects. */
  rows(name: string, flags?: readonly string[]): Promise<Record<string, unknown>[]>;
  sql(query: string, ...params: (string | number | null)[]): Record<string, unknown>[];
  /** The bytes of a log file. */
  log(step: number, stream: "stdout" | "stderr"): Buffer;
}

export async function startSuite(dir: string = tempDir()): Promise<Suite> {
  const db = path.join(dir, "runs.db");
  const started = await scenariolog(["run", "start", "--db", db, "--root-dir", dir, "--suite", "test"]);
  if (started.code !== 0) throw new Error(started.stderr);
  const runId = started.stdout.trim();
  const verb: Suite["verb"] = (name, flags = [], options = {}) =>
    scenariolog([...name.split(" "), "--db", db, ...flags], options);
  return {
    dir,
    db,
    runId,
    verb,
    exec: (flags, command, options) =>
      verb(
        "exec",
        [
          ...["--run-id", runId, "--root-dir", dir, "--log-dir", "logs"],
          ...(flags.includes("--name") ? [] : ["--name", "step"]),
          ...flags,
          "--",
          ...command,
        ],
        options,
      ),
    rows: async (name, flags = []) => {
      const { stdout, stderr, code } = await verb(name, [...flags, "--output", "json"]);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    },
    sql: (query, ...params) => {
      const handle = new Database(db, { readonly: true });
      try {
        handle.run("PRAGMA busy_timeout = 5000");
        return handle.query(query).all(...params) as Record<string, unknown>[];
      } finally {
        handle.close();
      }
    },
    log: (step, stream) =>
      fs.readFileSync(path.join(dir, "logs", `step-${String(step).padStart(2, "0")}-${stream}.txt`)),
  };
}
