import { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { GoBuild } from "../support/go-build.ts";
import { run, scenariolog, tempDir } from "../support/program.ts";

/** The template's databases, each with a run. Their root is ".", wherever a copy of the template lies. */
export const databases = ["runs.db", "go.db"] as const;

/** A directory with two databases and their logs, and with many files that are no database. */
export async function makeTemplate(): Promise<string> {
  const dir = tempDir();
  const ours = async (...argv: string[]) => {
    const { stdout, stderr, code } = await scenariolog(argv, { cwd: dir });
    if (code === 125 || code === 2) throw new Error(stderr);
    return stdout.trim();
  };
  const exec = (num: number, script: string, ...flags: string[]) => {
    const where = ["--db", "runs.db", "--run-id", "latest", "--root-dir", ".", "--log-dir", "logs"];
    return ours(
      "exec",
      ...where,
      "--step-num",
      String(num),
      "--name",
      `step ${num}`,
      ...flags,
      "--",
      "sh",
      "-c",
      script,
    );
  };
  for (const suite of ["one", "two"]) {
    await ours("run", "start", "--db", "runs.db", "--root-dir", ".", "--suite", suite, "--kv", "tier:1");
    await exec(1, "echo needle one; echo error: needle >&2", "--kv", "owner:ana");
    await exec(2, "seq 1 300; exit 3");
    await exec(3, 'test "$SCENARIOLOG_ATTEMPT" = 2', "--retries", "1");
    await ours("run", "end", "--db", "runs.db", "--run-id", "latest", "--exit-code", "3");
  }
  leaveOpen(path.join(dir, "runs.db"), dir);

  const go = new GoBuild(path.join(dir, "go.db"));
  go.run("go-run", ".", "2024-03-01T10:00:00Z", { at: "2024-03-01T10:00:01Z", code: 0, ms: 1000 });
  go.exec("go-run", dir, 1, { stdout: "needle\nline\n", stderr: "" });
  go.exec("go-run", dir, 2, { stdout: "more\n", stderr: "error: needle\n" }, 4);
  go.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  go.close();

  const foreign = new Database(path.join(dir, "foreign.db"));
  foreign.run("CREATE TABLE steps(a, b)");
  foreign.close();
  fs.writeFileSync(path.join(dir, "empty.db"), "");
  fs.writeFileSync(path.join(dir, "garbage.bin"), new Uint8Array(5000).fill(7));
  fs.writeFileSync(path.join(dir, "tags.json"), '{"a": 1, "b": [1, {"c": null}], "": "x"}');
  fs.writeFileSync(path.join(dir, "bad.yaml"), "a: [1, 2\n\tb: }");
  fs.mkdirSync(path.join(dir, "sub"));
  fs.symlinkSync("nowhere", path.join(dir, "dangling"));
  fs.symlinkSync("..", path.join(dir, "sub", "up"));
  await run(["mkfifo", path.join(dir, "fifo")]);
  return dir;
}

/** Adds a step whose recorder is gone, with its logs. */
function leaveOpen(file: string, dir: string): void {
  const db = new Database(file);
  const { run_id } = db.query("SELECT run_id FROM scenario_runs LIMIT 1").get() as { run_id: string };
  const log = path.join(dir, "logs", "step-09-stdout.txt");
  fs.writeFileSync(log, "cut off\nneedle");
  db.run(
    "INSERT INTO steps(step_id, run_id, step_num, step_name, started_at) VALUES ('open', ?, 9, 'open', '2024-03-01T10:00:00Z')",
    [run_id],
  );
  db.run(
    "INSERT INTO attempts(step_id, attempt, started_at, recorder_pid, boot_id) VALUES ('open', 1, '2024-03-01T10:00:00Z', 1, 'x')",
  );
  db.run("INSERT INTO log_files(file, step_id, attempt, kind) VALUES (?, 'open', 1, 'stdout')", [log]);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}
