import path from "node:path";
import { Chance } from "./chance.ts";
import { damage } from "./damage.ts";
import { faultOf } from "./judge.ts";
import { listingOf, refill } from "./place.ts";
import type { Cases } from "./runner.ts";
import { databases } from "./template.ts";

const REPORTS = [
  ["summary"],
  ["failures", "--output", "json"],
  ["timings", "--top", "-1", "--output", "yaml"],
  ["search", "--query", "needle"],
  ["search", "--query", "line OR n*", "--all-runs", "--output", "csv", "--limit", "-1"],
  ["search", "--query", "x.go:12", "--step", "1", "--kind", "stderr"],
  ["verify", "--output", "markdown"],
  ["verify", "--allow-outside", "--run-id", "go-run"],
  ["capabilities"],
];

/** Verbs that may write to the database, and to nothing else. */
const WRITERS = [
  ["index", "fts", "--run-id", "latest"],
  ["run", "end", "--run-id", "latest", "--exit-code", "1"],
  ["init"],
  ["run", "start", "--root-dir", ".", "--run-id", "fuzzed"],
];

/** Every verb but exec, on a damaged database. */
export const cases: Cases = ({ seed, dir, template }, call) =>
  async function* (number) {
    const chance = new Chance(seed, number);
    refill(dir, template);
    const db = chance.pick(databases);
    const done = damage(chance, path.join(dir, db));
    // Files that the damage left beside the database are part of the case.
    const before = listingOf(dir);
    const report = (argv: readonly string[], fault: string | undefined) =>
      fault === undefined ? undefined : `${argv.join(" ")} of ${db} after ${done}: ${fault}`;
    for (const argv of REPORTS) {
      const fault = faultOf(await call([...argv, "--db", db]));
      yield report(argv, fault ?? (listingOf(dir) === before ? undefined : "writes"));
    }
    const others = listingOf(without(dir, db));
    for (const argv of WRITERS) {
      const fault = faultOf(await call([...argv, "--db", db]));
      yield report(argv, fault ?? (listingOf(without(dir, db)) === others ? undefined : "writes to another file"));
    }
  };

/** The logs: everything else that a writer could reach. */
function without(dir: string, db: string): string {
  return path.join(dir, db === "go.db" ? "go-logs" : "logs");
}
