import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { plainOf } from "../../src/model/redact/view.ts";
import { harmlessLines } from "../fixtures/secrets/harmless-lines.ts";
import { type SecretLine, secretLines } from "../fixtures/secrets/secret-lines.ts";
import { scenariolog, tempDir } from "../support/program.ts";

// Words of a command line have no line breaks here; keys of several lines are printed only.
const secrets = secretLines(31);
const oneLine = secrets.filter(({ text }) => !/[\r\n]/.test(text));
const harmless = harmlessLines(32).filter((line) => !line.includes("\n"));
const dir = tempDir();
const db = path.join(dir, "runs.db");
let runId = "";
let shown = "";

/** One run in which the corpus goes everywhere that anything is kept or shown. */
beforeAll(async () => {
  fs.mkdirSync(path.join(dir, "steps"));
  fs.writeFileSync(path.join(dir, "all.txt"), `${secrets.map(({ text }) => text).join("\n.\n")}\n`);
  fs.writeFileSync(path.join(dir, "harmless.txt"), `${harmless.join("\n")}\n`);
  const tags = Object.fromEntries([
    ...oneLine.map(({ text }, i) => [`s${i}`, text]),
    ...harmless.map((text, i) => [`h${i}`, text || "-"]),
  ]);
  fs.writeFileSync(path.join(dir, "tags.json"), JSON.stringify(tags));
  const script = (name: string, lines: readonly string[]) =>
    fs.writeFileSync(path.join(dir, "steps", name), `#!/bin/bash\n${lines.join("\n")}\n`, { mode: 0o755 });
  script("01-print.sh", [`cat ${dir}/all.txt`, `cat ${dir}/all.txt >&2`, `cat ${dir}/harmless.txt`]);
  fs.writeFileSync(path.join(dir, "words.txt"), `${[...oneLine.map(({ text }) => text), ...harmless].join("\n")}\n`);
  script("02-trace.sh", [
    `while IFS= read -r word; do : "$word"; done < ${dir}/words.txt`,
    `cat ${dir}/all.txt >&2`,
    "exit 3",
  ]);
  const recorded = await scenariolog(
    [
      "record",
      "--db",
      db,
      "--root-dir",
      dir,
      "--kv",
      `@${dir}/tags.json`,
      "--redact-logs",
      "--show",
      "all",
      path.join(dir, "steps"),
    ],
    { cwd: dir },
  );
  if (recorded.code !== 3 && recorded.code !== 1) throw new Error(recorded.stderr.slice(-2000));
  runId = String((rows("SELECT run_id AS v FROM scenario_runs")[0] ?? "") || "");
  const at = ["--db", db, "--run-id", runId];
  await scenariolog(["note", ...at, "--", oneLine.map(({ text }) => text).join("\n")]);
  await scenariolog(["note", ...at, "--", harmless.join("\n")]);
  const words = [...oneLine.map(({ text }) => text), ...harmless.map((text) => text || "-")];
  await scenariolog([
    "exec",
    ...at,
    "--root-dir",
    dir,
    "--log-dir",
    "logs",
    "--name",
    "argv",
    "--step-num",
    "9",
    "--",
    "true",
    ...words,
  ]);
  shown = recorded.stdout + recorded.stderr;
}, 120_000);

describe("at most 5 % of the corpus of secrets is left", () => {
  test("in the logs with --redact-logs", () => {
    for (const stream of ["stdout", "stderr"]) expectFew(secrets, logOf(1, stream));
  });

  test("in what the console shows of a step", () => {
    expect(shown).toContain("[redacted]");
    expectFew(secrets, shown);
  });

  test("in the database: index, tags, command lines, traces, notes", () => {
    const wal = `${db}-wal`;
    expectFew(secrets, fs.readFileSync(db, "utf8") + (fs.existsSync(wal) ? fs.readFileSync(wal, "utf8") : ""));
  });

  test("in the trace's file", () => {
    const trace = fs.readFileSync(path.join(logDir(), "step-02-trace.txt"), "utf8");
    expect(trace.split("\n").length).toBeGreaterThan(oneLine.length);
    expectFew(oneLine, trace);
  });

  test("in what the reports say, and in why", async () => {
    for (const report of [
      "why --output text",
      "why --output json",
      "why --output markdown",
      "steps --output json",
      "notes --output json",
      "failures",
      "artifacts --output json",
    ]) {
      const { stdout, code } = await scenariolog([...report.split(" "), "--db", db, "--run-id", runId]);
      expect({ report, code }).toEqual({ report, code: 0 });
      expectFew(secrets, stdout);
    }
  });
});

describe("at most 1 % of the corpus of harmless lines is changed", () => {
  test("in the logs with --redact-logs", () => {
    const log = logOf(1, "stdout").split("\n");
    expectMost(harmless, (line) => log.includes(line));
  });

  test("in the index, in tags and in command lines", () => {
    const texts = new Set(rows("SELECT text AS v FROM log_lines_fts"));
    expectMost(harmless, (line) => texts.has(line));
    const tags = new Set(rows("SELECT v FROM kv WHERE k GLOB 'h[0-9]*'"));
    expectMost(
      harmless.filter((line) => line !== ""),
      (line) => tags.has(line),
    );
    const [args] = rows("SELECT v FROM kv WHERE k = 'cmd.args_json' AND step_id LIKE '%-step-09'");
    const words = new Set(JSON.parse(String(args)) as string[]);
    // A word says more beside others: what follows --password is one.
    expectMost(
      harmless.filter((line) => line !== ""),
      (line) => words.has(line),
    );
  });
});

function rows(query: string): unknown[] {
  const sqlite = new Database(db, { readonly: true });
  try {
    return sqlite
      .query(query)
      .values()
      .map(([value]) => value);
  } finally {
    sqlite.close();
  }
}

function expectFew(all: readonly SecretLine[], text: string): void {
  const plain = plainOf(text);
  const left = all.filter((line) => line.secrets.some((secret) => text.includes(secret) || plain.includes(secret)));
  if (left.length > all.length * 0.05) console.log(left.map((line) => JSON.stringify(line.text)).join("\n"));
  expect(left.length).toBeLessThanOrEqual(all.length * 0.05);
}

function expectMost(lines: readonly string[], isThere: (line: string) => boolean): void {
  const changed = lines.filter((line) => !isThere(line));
  if (changed.length > lines.length * 0.01) console.log(changed.join("\n"));
  expect(changed.length).toBeLessThanOrEqual(lines.length * 0.01);
}

function logDir(): string {
  return path.join(dir, ".logs", runId);
}

function logOf(step: number, stream: string): string {
  return fs.readFileSync(path.join(logDir(), `step-${String(step).padStart(2, "0")}-${stream}.txt`), "utf8");
}
