import { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { logFileName } from "../../src/model/ids.ts";
import { program, type Result, type RunOptions, scenariolog, tempDir } from "./program.ts";
import { type Started, start, until } from "./started.ts";

/** A directory with scripts in `steps/`, for `record`, which creates the database and the logs there. */
export interface Scripts {
  readonly dir: string;
  /** `record` with these words, in the directory; without any, with `steps`. */
  record(words?: readonly string[], options?: RunOptions): Promise<Result>;
  /** The same, in its own process group, and without waiting for it. */
  startRecord(words?: readonly string[]): Started;
  sql(query: string, ...params: (string | number | null)[]): Record<string, unknown>[];
  /** Number, name and exit code of every step of the newest run. */
  steps(): (readonly [number, string, number | null])[];
  /** The newest run's row. */
  run(): Record<string, unknown>;
  /** A log of the newest run. */
  log(step: number, stream: "stdout" | "stderr"): string;
  /** Waits until a step's stdout has this text. */
  logWith(step: number, text: string): Promise<unknown>;
}

/** Bash scripts by file name; `#!` and mode are added. In `steps/` unless the name has a slash. */
export function scripts(files: Readonly<Record<string, string>>, mode = 0o755): Scripts {
  const dir = tempDir();
  fs.mkdirSync(path.join(dir, "steps"));
  for (const [name, body] of Object.entries(files)) {
    const file = path.join(dir, name.includes("/") ? name : `steps/${name}`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/bash\n${body}\n`, { mode });
  }
  const sql: Scripts["sql"] = (query, ...params) => {
    const handle = new Database(path.join(dir, ".scenario-run.db"), { readonly: true });
    try {
      handle.run("PRAGMA busy_timeout = 5000");
      return handle.query(query).all(...params) as Record<string, unknown>[];
    } finally {
      handle.close();
    }
  };
  const run = () => sql("SELECT * FROM scenario_runs ORDER BY started_at DESC LIMIT 1")[0]!;
  const log: Scripts["log"] = (step, stream) =>
    fs.readFileSync(path.join(dir, ".logs", String(run().run_id), logFileName(step, stream)), "utf8");
  return {
    dir,
    sql,
    run,
    record: (words = ["steps"], options = {}) => scenariolog(["record", ...words], { cwd: dir, ...options }),
    startRecord: (words = ["steps"]) => start([...program, "record", ...words], { cwd: dir }),
    steps: () =>
      sql(
        "SELECT step_num, step_name, exit_code FROM steps WHERE run_id = ? ORDER BY step_num",
        String(run().run_id),
      ).map((row) => [Number(row.step_num), String(row.step_name), row.exit_code as number | null] as const),
    log,
    logWith: (step, text) =>
      until(`${JSON.stringify(text)} in the log`, () => {
        try {
          return log(step, "stdout").includes(text);
        } catch {
          return false; // the database or the file does not exist yet
        }
      }),
  };
}
