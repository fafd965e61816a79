import { beforeAll, expect, test } from "bun:test";
import { scenariolog } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Verbs that ask about one run, and what they print of it. */
const ASKING = [
  "summary",
  "steps",
  "failures",
  "timings",
  "notes",
  "artifacts",
  "verify",
  "tags",
  "index fts",
  "why",
  "show",
];

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  for (const [id, code] of [
    ["one-passed", 0],
    ["two-failed", 3],
    ["three-open", null],
  ] as const) {
    await suite.verb("run start", ["--root-dir", suite.dir, "--run-id", id]);
    await suite.exec(
      ["--run-id", id, "--step-num", "1", "--log-dir", id],
      ["sh", "-c", `echo needle; exit ${code ?? 0}`],
    );
    if (code !== null) await suite.verb("run end", ["--run-id", id, "--exit-code", String(code)]);
  }
});

const named = async (...words: string[]) =>
  (await scenariolog(["summary", "--db", suite.db, "--select", "run_id", ...words])).stdout.trimEnd();

test.each([
  ["one-passed", "one-passed"],
  ["one-", "one-passed"],
  ["-failed", "two-failed"],
  ["latest", "three-open"],
  ["latest~0", "three-open"],
  ["latest~1", "two-failed"],
  ["latest~2", "one-passed"],
  ["latest-failed", "two-failed"],
  ["latest-passed", "one-passed"],
])("--run-id %s means %s, and so does the argument", async (selector, meant) => {
  expect(await named("--run-id", selector)).toBe(meant);
  if (!selector.startsWith("-")) expect(await named(selector)).toBe(meant);
});

test.each(ASKING)("%s takes the run in every way, and refuses an empty one", async (verb) => {
  const ask = async (words: string[], env = {}) => {
    const { stdout, code } = await suite.verb(verb, words, { env });
    return { stdout, code };
  };
  const expected = await ask(["--run-id", "two-failed"]);
  expect(expected.code).toBe(0);
  expect(await ask(["two-failed"])).toEqual(expected);
  expect(await ask(["latest~1"])).toEqual(expected);
  expect(await ask([], { SCENARIOLOG_RUN_ID: "two-failed" })).toEqual(expected);
  expect(await ask([])).toEqual(await ask(["latest"]));
  for (const words of [["--run-id", ""], [""]]) {
    expect(await suite.verb(verb, words)).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("Error: the run id is empty\n"),
      code: 1,
    });
  }
  // To `why` a word beside --run-id is a step.
  if (verb === "why") return;
  expect(await suite.verb(verb, ["one-passed", "--run-id", "two-failed"])).toMatchObject({ stdout: "", code: 2 });
});

test("a run that is not there is said to be missing", async () => {
  expect(await suite.verb("summary", ["latest~9"])).toMatchObject({
    stderr: `Error: ${suite.db} has no run 9 before the latest\n  scenariolog runs lists them\n`,
    code: 1,
  });
  const green = await startSuite();
  expect(await green.verb("summary", ["latest-passed"])).toMatchObject({
    stderr: `Error: no run in ${green.db} has passed\n  give a run id, or latest\n`,
    code: 1,
  });
});
