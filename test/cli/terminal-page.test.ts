import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { onTerminal, type ScreenOptions } from "../support/terminal.ts";

const VERBS = ["summary", "failures", "steps", "timings", "artifacts", "notes", "tags", "verify", "runs"];
const ESCAPE = "\u001b[";
let suite: Suite;

beforeAll(async () => {
  suite = await startSuite();
  const name = "check the totals of all the orders of the day";
  await suite.exec(["--step-num", "1"], ["bash", "-c", "echo one; echo needle in here; echo three"]);
  await suite.exec(
    ["--step-num", "2", "--name", name],
    ["bash", "-c", `printf '%0300d needle 資料庫\n' 7 >&2; printf '\\033]52;c;x\\007needle\n'; exit 3`],
  );
  await suite.verb("run end", ["--run-id", suite.runId, "--exit-code", "3"]);
});

const seen = (verb: string, options: ScreenOptions = {}, ...words: string[]) =>
  onTerminal([...verb.split(" "), "--db", suite.db, ...words], { ...options, env: { NO_COLOR: "1", ...options.env } });

describe.skipIf(process.platform === "win32")("on a terminal without --output", () => {
  test.each(VERBS)("%s fits 80, 100 and 120 columns, and shows no internal id", async (verb) => {
    for (const columns of [80, 100, 120]) {
      const page = await seen(verb, { columns });
      for (const line of page.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(page).not.toContain(suite.runId);
      expect(page).not.toContain("+--");
    }
  });

  test.each(VERBS.filter((verb) => verb !== "runs"))("%s has the run once, on top", async (verb) => {
    const [first, second] = (await seen(verb)).split("\n");
    expect(first).toMatch(
      new RegExp(`^${suite.runId.slice(-8)}  test  \\d\\d:\\d\\d:\\d\\d \\(just now\\).*  failed in \\d`),
    );
    expect(second).toBe("");
  });

  test("a failed step is red, and a passed one is not coloured", async () => {
    const page = await onTerminal(["steps", "--db", suite.db]);
    const lines = page.split("\n").filter((line) => /^ +0[12] /.test(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).not.toContain(ESCAPE);
    expect(lines[1]).toContain(`${ESCAPE}31mfailed${ESCAPE}0m`);
  });

  test("search groups hits by step, marks them, cuts around them, and shows what a terminal would obey", async () => {
    const page = await onTerminal(["search", "needle", "--db", suite.db], { columns: 80 });
    const plain = Bun.stripANSI(page);
    expect(plain.match(/^0\d .*/gm)?.map((line) => line.replace(/ {2}\S*$/, ""))).toEqual([
      "01 step  stdout",
      expect.stringMatching(/^02 check the totals .* {2}stdout$/),
      expect.stringMatching(/^02 check the totals .* {2}stderr$/),
    ]);
    expect(plain).toContain("2: needle in here\n");
    expect(plain).toContain("needle 資料庫\n");
    expect(page).toContain(`${ESCAPE}1;31mneedle${ESCAPE}0m`);
    expect(page).not.toContain("\u001b]");
    for (const line of plain.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
  });

  test("an empty answer is a sentence", async () => {
    const green = await startSuite();
    const on = async (verb: string, ...words: string[]) =>
      (await onTerminal([verb, "--db", green.db, ...words], { env: { NO_COLOR: "1" } })).split("\n").at(-2);
    expect(await on("failures")).toBe("no step failed");
    expect(await on("notes")).toBe("no note is kept with this run");
    expect(await on("search", "giraffe")).toBe('no line has "giraffe"');
    expect(await on("runs", "--suite", "nobody")).toBe("no run is like that");
    expect(await on("verify")).toBe("all is as recorded: 0 files checked");
    expect((await seen("verify")).split("\n").at(-2)).toBe("all is as recorded: 4 files checked");
  });

  test("the time of a running step is shown as it runs", async () => {
    const live = await startSuite();
    const going = live.exec(["--step-num", "1"], ["sleep", "20"]);
    while (live.sql("SELECT 1 FROM attempts").length === 0) await Bun.sleep(10);
    const page = await onTerminal(["steps", "--db", live.db], { env: { NO_COLOR: "1" } });
    expect(page).toMatch(/running +\d+\.\d\ds…/);
    expect(page).toMatch(/running for \d/);
    const [row] = live.sql("SELECT recorder_pid AS pid FROM attempts");
    process.kill(Number(row!.pid), "SIGTERM");
    await going;
  });

  test("any flag that asks for a format gets the contract's bytes", async () => {
    const piped = (await suite.verb("steps", ["--output", "table"])).stdout;
    expect(await seen("steps", { columns: 300 }, "-o", "table")).toBe(piped);
    expect(await seen("steps", {}, "--select", "step_num")).toBe("1\n2\n");
    expect((await suite.verb("steps")).stdout).toBe(piped);
    expect(await seen("steps", {}, "--fields", "step_num,step_name", "--sort-by", "-step_num")).toMatch(
      /step +name\n +02 +check .*\n +01 +step\n$/,
    );
    expect(await seen("failures", { columns: 200 }, "--fields", "run_id")).toContain(suite.runId);
  });

  test("nothing that a database says is obeyed by the terminal, whatever type a column has", async () => {
    const dir = tempDir();
    const copy = path.join(dir, "runs.db");
    fs.copyFileSync(suite.db, copy);
    const db = new Database(copy);
    db.run("UPDATE scenario_runs SET suite = char(27) || ']52;c;x' || char(7)");
    db.run("UPDATE steps SET step_name = 'a' || char(27) || '[2J', exit_code = char(27) || '[2J' WHERE step_num = 2");
    db.run("UPDATE kv SET v = char(155) || '2J' || char(8238) WHERE k = 'user.name'");
    db.close();
    for (const verb of VERBS) {
      const page = await onTerminal([verb, "--db", copy], { env: { NO_COLOR: "1" } });
      expect({ verb, raw: /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(page) }).toEqual({ verb, raw: false });
    }
  });
});

describe.skipIf(process.platform === "win32")("colours", () => {
  const failures = (env: Record<string, string>, ...words: string[]) =>
    onTerminal(["failures", "--db", suite.db, ...words], { env }).then((page) => page.includes(ESCAPE));

  test("are there on a terminal, and as the environment and --color say", async () => {
    expect(await failures({})).toBe(true);
    expect(await failures({ NO_COLOR: "1" })).toBe(false);
    expect(await failures({ NO_COLOR: "1" }, "--color", "always")).toBe(true);
    expect(await failures({}, "--color", "never")).toBe(false);
    expect(await failures({ TERM: "dumb" })).toBe(false);
    expect(await failures({ TERM: "dumb", FORCE_COLOR: "1" })).toBe(true);
    expect(await failures({ TERM: "dumb", CLICOLOR_FORCE: "1" })).toBe(true);
    expect(await failures({ FORCE_COLOR: "0" })).toBe(false);
  });

  test("never come into a pipe's tables, and --color refuses what it does not know", async () => {
    const { stdout } = await suite.verb("failures", ["--color", "always"], { env: { FORCE_COLOR: "1" } });
    expect(stdout).toStartWith("+");
    expect(stdout).not.toContain(ESCAPE);
    expect(await suite.verb("failures", ["--color", "alway"])).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("did you mean always?"),
      code: 2,
    });
  });
});

describe.skipIf(process.platform === "win32")("a pager", () => {
  const paged = (rows: number, ...words: string[]) =>
    seen("steps", { rows, env: { NO_COLOR: "1", PAGER: 'sed "s/^/paged:$LESS: /"' } }, ...words);

  test("gets an answer that is longer than the screen, and no other", async () => {
    expect(await paged(4)).toMatch(/^paged:FRX: /);
    expect(await paged(40)).not.toContain("paged:");
    expect(await paged(4, "--no-pager")).not.toContain("paged:");
    expect(await seen("steps", { rows: 4, env: { PAGER: "" } })).toContain("step  name");
    expect(await seen("steps", { rows: 4, env: { PAGER: 'sed "s/^/p:$LESS: /"', LESS: "R" } })).toStartWith("p:R: ");
  });

  test("that cannot be started loses nothing", async () => {
    expect(await seen("steps", { rows: 4, env: { NO_COLOR: "1", PAGER: "/nonexistent/pager" } })).toContain(
      "step  name",
    );
  });
});
