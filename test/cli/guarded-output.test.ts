import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, type Result, run } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { inTerminal } from "../support/terminal.ts";

/** What a terminal obeys, each kind once. */
const CONTROLS =
  "\x1b]52;c;eA==\x07\x1b[2J\x1b[31m\x08\x7f\x9b2J\u0085\u202e\u2066\u200e\u200f\u061c\u2028\u2029\x0c\x0b\r\x05";
/** What a CI system obeys. */
const COMMANDS = "::set-output name=a::b ##[error]c ##vso[task.complete]d ##teamcity[e] section_start:1:f";
const HOSTILE = `${CONTROLS}\n${COMMANDS}\n --- g\n`;
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const LIVE = /^[^\x21-\x7e\r\n]*::|##\[|##vso\[|##teamcity\[|section_start:\d/m;

const noCi = { CI: "", GITHUB_ACTIONS: "", GITEA_ACTIONS: "" };
const inCi = { ...noCi, CI: "true", GITHUB_ACTIONS: "true" };

let suite: Suite;

beforeAll(async () => {
  suite = await startSuite();
  const script = path.join(suite.dir, "hostile.sh");
  fs.writeFileSync(path.join(suite.dir, "hostile.txt"), `${HOSTILE}\x9b raw\n`);
  fs.writeFileSync(script, `cat '${suite.dir}/hostile.txt'; cat '${suite.dir}/hostile.txt' >&2; exit 3\n`);
  const name = HOSTILE.trim();
  await suite.exec(
    ["--step-num", "1", "--name", name, "--script-path", HOSTILE, "--kv", `key:${JSON.stringify(COMMANDS)}`],
    ["bash", script],
  );
  await suite.exec(["--step-num", "2", "--name", "good"], ["true"]);
  await suite.verb("run end", ["--run-id", suite.runId, "--exit-code", "1"]);
  const handle = new Database(suite.db);
  handle.run("UPDATE scenario_runs SET suite = ?", [HOSTILE]);
  handle.run("INSERT INTO kv(run_id, step_id, command_id, k, v) VALUES (?, NULL, NULL, ?, ?)", [
    suite.runId,
    HOSTILE,
    HOSTILE,
  ]);
  handle.close();
});

const FORMATS = ["table", "json", "jsonl", "yaml", "csv", "tsv", "markdown", "html"];

/** Everything that answers from the database, in every form, with what people get wrong. */
function commandLines(): string[][] {
  const db = ["--db", suite.db];
  const reports = [
    ["steps"],
    ["failures"],
    ["timings"],
    ["summary"],
    ["runs"],
    ["search", "--query", "52 OR output"],
    ["notes"],
    ["artifacts"],
  ];
  return [
    ...reports.flatMap((report) => FORMATS.map((format) => [...report, ...db, "--output", format])),
    ["steps", ...db, "--select", "step_name"],
    ["search", ...db, "--query", "output", "--select", "text"],
    ["steps", ...db, "--output", "csv", "--csv-safe", "--rename", `step_name:${COMMANDS}`],
    ["steps", ...db, "--output", "csv", "--rename", `step_name:${CONTROLS}`],
    ...["text", "markdown", "json"].map((output) => ["why", ...db, "--output", output]),
    ["log", "1", ...db],
    ["log", "1", ...db, "--stdout"],
    ["log", "1", ...db, "--stderr", "--tail", "3"],
    ["log", "1", ...db, "--timestamps"],
    ["log", "1", ...db, "--grep", "."],
    ["log", "1", ...db, "--gaps"],
    ["verify", ...db, "--output", "csv"],
    // Errors that repeat what was typed.
    ["steps", ...db, "--fields", HOSTILE],
    ["steps", ...db, `--${HOSTILE}`, "x"],
    ["steps", ...db, "--output", HOSTILE],
    ["steps", "--db", `${suite.dir}/${HOSTILE}`],
    ["why", ...db, HOSTILE],
    ["log", HOSTILE, ...db],
    ["log", "1", ...db, "--grep", `(${HOSTILE}`],
    ["help", HOSTILE],
    [HOSTILE],
    ["record", "--dry-run", "--", "echo", HOSTILE],
    ["steps", ...db, "--output-file", `${suite.dir}/no/${HOSTILE}`],
  ];
}

/** So many at once as make no crowd. */
async function each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const rest = [...items.entries()];
  const worker = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) await work(next[1], next[0]);
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** What a terminal gets: of a program that is its only user. */
async function onTerminal(argv: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const session = inTerminal(["sh", "-c", '"$@"; printf "%s" "<end>"', "-", ...argv], { ...noCi, ...env });
  await session.ended;
  return session.shows("<end>");
}

describe.if(process.platform === "linux")("a terminal", () => {
  test(
    "gets nothing from any output that it would obey",
    async () => {
      const seen: string[] = [];
      await each(commandLines(), async (words) => {
        const screen = await onTerminal([...program, ...words]);
        const at = RAW.exec(screen)?.index;
        expect({ words, raw: at === undefined ? null : JSON.stringify(screen.slice(at - 30, at + 30)) }).toEqual({
          words,
          raw: null,
        });
        if (screen.includes("x1b]52") || screen.includes("u001b]52")) seen.push(words[0]!);
      });
      // What was there to be shown was shown. The index that `search` reads holds no control sequence.
      for (const verb of ["steps", "why", "log", "runs", "failures"]) expect(seen).toContain(verb);
    },
    10 * 60_000,
  );

  test("gets no control sequence from a running step, nor from one that failed", async () => {
    const script = path.join(suite.dir, "hostile.sh");
    const exec = (show: string) => [
      ...[...program, "exec", "--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "l"],
      ...["--name", HOSTILE, "--show", show, "--", "bash", script],
    ];
    const record = (show: string) => [
      ...[...program, "record", "--db", path.join(suite.dir, "record.db"), "--root-dir", suite.dir],
      ...["--suite", HOSTILE, "--show", show, script],
    ];
    fs.chmodSync(script, 0o755);
    fs.writeFileSync(script, `#!/bin/bash\n${fs.readFileSync(script, "utf8").replace(/^#!.*\n/, "")}`);
    for (const argv of [exec("all"), exec("failed"), record("all"), record("failed")]) {
      const screen = await onTerminal(argv, { CI: "1" });
      expect(screen.replaceAll(/\x1b\[\d*m/g, "")).not.toMatch(RAW);
      expect(screen).toContain("\\x1b]52;c;eA==\\x07");
      expect(screen).not.toMatch(LIVE);
    }
  });

  test("gets none through /dev/tty or /dev/stdout as the output file either", async () => {
    for (const file of ["/dev/tty", "/dev/stdout"]) {
      const words = ["steps", "--db", suite.db, "--output", "csv", "--output-file", file];
      const screen = await onTerminal([...program, ...words]);
      expect(screen).toContain("\\x1b]52");
      expect(screen).not.toMatch(RAW);
    }
  });

  test("gets every byte of a log with --raw", async () => {
    const screen = await onTerminal([...program, "log", "1", "--db", suite.db, "--stdout", "--raw"]);
    expect(screen).toContain("\x1b]52;c;eA==\x07\x1b[2J\x1b[31m");
  });
});

/** What a report prints where a program, and what it prints where a CI system reads it. */
async function inBoth(words: readonly string[]): Promise<{ plain: Result; ci: Result }> {
  const [plain, ci] = await Promise.all([
    run([...program, ...words], { env: noCi }),
    run([...program, ...words], { env: inCi }),
  ]);
  return { plain, ci };
}

describe("a CI job", () => {
  test(
    "gets no command from any output that comes by a pipe",
    async () => {
      let live = 0;
      await each(commandLines(), async (words) => {
        const { plain, ci } = await inBoth(words);
        if (LIVE.test(plain.stdout) || LIVE.test(plain.stderr)) live++;
        for (const stream of ["stdout", "stderr"] as const) {
          expect({ words, stream, live: LIVE.exec(ci[stream]) }).toEqual({ words, stream, live: null });
        }
        expect({ words, code: ci.code }).toEqual({ words, code: plain.code });
        if (words.includes("json") && plain.code === 0 && words[0] !== "why") {
          expect(JSON.parse(ci.stdout)).toEqual(JSON.parse(plain.stdout));
        }
      });
      expect(live).toBeGreaterThan(20);
    },
    10 * 60_000,
  );

  test("gets no command from a step that is shown while it runs, nor from the end of one that failed", async () => {
    for (const show of ["all", "failed"]) {
      const shown = await suite.exec(
        ["--step-num", "7", "--name", COMMANDS, "--show", show],
        ["bash", `${suite.dir}/hostile.sh`],
        {
          env: inCi,
        },
      );
      expect(shown.stdout + shown.stderr).toContain(": :set-output name=a::b");
      expect(shown.stdout).not.toMatch(LIVE);
      expect(shown.stderr).not.toMatch(LIVE);
      expect(suite.log(7, "stdout").includes(`\n${COMMANDS}\n`)).toBe(true);
    }
  });

  test("gets no command that a step writes in pieces", async () => {
    const pieces =
      "for p in : :err or:: x '\n' ' ' ':' ':a::' '\n#' '#' '[x]' '\n::add-' 'mask::' s3 cret '\nend'; do printf %s \"$p\"; sleep 0.02; done";
    const { stdout } = await suite.exec(["--step-num", "8", "--show", "all"], ["bash", "-c", pieces], { env: inCi });
    expect(stdout).toBe(": :error::x\n : :a::\n## [x]\n: :add-mask::***\nend");
  });

  test("gets every byte of a log in a file, in a pipe with --raw, and if the user trusts the steps", async () => {
    const log = (env: Record<string, string>, ...flags: string[]) =>
      run([...program, "log", "1", "--db", suite.db, "--stdout", ...flags], { env });
    const bytes = suite.log(1, "stdout");
    const exact = (await log(noCi)).stdout;
    expect(exact).toBe(bytes.toString());
    expect((await log(inCi)).stdout).not.toBe(exact);
    expect((await log(inCi, "--raw")).stdout).toBe(exact);
    expect((await log({ ...inCi, SCENARIOLOG_CI_COMMANDS: "keep" })).stdout).toBe(exact);
    const file = path.join(suite.dir, "copy.txt");
    const words = [...program, "log", "1", "--db", suite.db, "--stdout"];
    await run(["sh", "-c", '"$@" >"$0"', file, ...words], { env: inCi });
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    const csv = path.join(suite.dir, "steps.csv");
    await suite.verb("steps", ["--output", "csv", "--output-file", csv], { env: inCi });
    expect(fs.readFileSync(csv, "utf8")).toBe((await suite.verb("steps", ["--output", "csv"], { env: noCi })).stdout);
    expect(fs.readFileSync(csv, "utf8")).toContain(CONTROLS);
  });
});
