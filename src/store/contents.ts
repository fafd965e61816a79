import { countLines } from "./lines.ts";
import type { Store } from "./store.ts";

export interface Contents {
  readonly db_user_version: number;
  /** Whether the file has the index table and this program can read it. */
  readonly db_fts: boolean;
  /** Names of this program's migrations in the file, oldest first, separated by commas; "" in a file of the Go build. */
  readonly db_migrations: string;
  readonly db_runs: number;
  readonly db_steps: number;
  readonly db_artifacts: number;
  /** Null if the file has no index. */
  readonly db_indexed_lines: number | null;
}

export function contentsOf(store: Store): Contents {
  const count = (table: string) => store.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)!.n;
  return {
    db_user_version: store.get<{ user_version: number }>("PRAGMA user_version")!.user_version,
    db_fts: store.fts,
    db_migrations: store.hasTable("scenariolog_migrations")
      ? store
          .all<{ name: string }>("SELECT name FROM scenariolog_migrations ORDER BY name")
          .map((row) => row.name)
          .join(",")
      : "",
    db_runs: count("scenario_runs"),
    db_steps: count("steps"),
    db_artifacts: count("artifacts"),
    db_indexed_lines: store.fts ? countLines(store) : null,
  };
}
