// check: smoke, one plain call of every verb

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { entryOf, type VerbName, verbs } from "../../src/cli/verbs.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { shim } from "../support/scripts.ts";

const dir = tempDir();
const db = path.join(dir, "runs.db");
const runId = "smoke";

/** In the order in which a suite uses them: what a report shows is what the verbs before it have recorded. */
const calls: Record<VerbName, () => Promise<void>> = {
  init: async () => {
    await answer(["init"]);
    expect(fs.existsSync(db)).toBe(true);
  },
  "run start": async () => {
    const flags = ["--root-dir", dir, "--suite", "plain", "--run-id", runId];
    expect(await answer(["run", "start"], flags)).toBe("smoke\n");
  },
  exec: async () => {
    const { stderr, code } = await exec(1, "echo needle; echo no such table >&2; exit 3");
    expect(code).toBe(3);
    expect(stderr).toStartWith("[scenariolog] step=smoke-step-01 exit=3 ");
    expect(fs.readFileSync(path.join(dir, "logs/step-01-stderr.txt"), "utf8")).toBe("no such table\n");
  },
  cmd: () => inside(2, "scenariolog cmd -- sh -c 'echo from a command; exit 4' || test $? = 4"),
  "tag set": () => inside(3, "scenariolog tag set rows 12"),
  "artifact add": () => inside(4, "echo kept > page.html; scenariolog artifact add page.html"),
  skip: async () => {
    const { code } = await exec(6, "scenariolog skip 'no docker'");
    expect(code).toBe(77);
  },
  note: () => inside(5, "scenariolog note 'the seed was 7'"),
  "run end": async () => expect(await answer(["run", "end"], ["--run-id", runId, "--exit-code", "3"])).toBe(""),
  "index fts": async () => {
    await answer(["index", "fts"], ["--run-id", runId]);
  },
  notes: async () => expect(await rows("notes")).toMatchObject([{ text: "the seed was 7" }]),
  artifacts: async () => {
    expect(await rows("artifacts")).toContainEqual(
      expect.objectContaining({ path: expect.stringContaining("page.html"), size_bytes: 5 }),
    );
  },
  why: async () => expect(await answer(["why"])).toContain("no such table"),
  show: async () =>
    expect(JSON.parse(await answer(["show"]))).toMatchObject({
      format: 1,
      run: { run_id: runId, counts: { total: 6 } },
    }),
  runs: async () => expect(await rows("runs")).toMatchObject([{ suite: "plain", status: "failed" }]),
  steps: async () => expect((await rows("steps")).map(({ step_num }) => step_num)).toEqual([1, 2, 3, 4, 5, 6]),
  summary: async () => expect(await rows("summary")).toMatchObject([{ total_steps: 6, failed_steps: 1 }]),
  failures: async () => expect(await rows("failures")).toMatchObject([{ step_num: 1, exit_code: 3 }]),
  timings: async () => expect(await rows("timings", "--top", "2")).toHaveLength(2),
  history: async () =>
    expect(await rows("history", "--fields", "step_num,outcomes")).toContainEqual({ step_num: 1, outcomes: "F" }),
  flaky: async () => expect(await rows("flaky")).toEqual([]),
  search: async () =>
    expect(await rows("search", "--query", "needle")).toMatchObject([{ line_num: 1, text: "needle" }]),
  log: async () => expect(await answer(["log"], ["1", "--stderr"])).toBe("no such table\n"),
  verify: async () => expect(await rows("verify")).toEqual([]),
  record: async () => {
    fs.mkdirSync(path.join(dir, "steps"));
    fs.writeFileSync(path.join(dir, "steps/01-first.sh"), "#!/bin/sh\necho recorded\n", { mode: 0o755 });
    const { code } = await scenariolog(["record", "--db", db, "steps"], { cwd: dir });
    expect(code).toBe(0);
    expect(await rows("runs", "--limit", "1")).toMatchObject([{ status: "passed" }]);
  },
  tags: async () =>
    expect(await rows("tags", runId, "--step", "3")).toContainEqual(expect.objectContaining({ key: "rows" })),
  du: async () =>
    expect(await rows("du")).toContainEqual(
      expect.objectContaining({ suite: "plain", kind: "stdout", runs: 1, files: 6 }),
    ),
  prune: async () => {
    expect(await rows("prune", "--keep", "0", "--dry-run")).toHaveLength(1);
    const { stderr, code } = await scenariolog(["prune", "--db", db, "--keep", "0"], { cwd: dir });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("deleted 1 runs") });
    expect(await rows("runs")).toHaveLength(1);
  },
  capabilities: async () => expect((await scenariolog(["capabilities"])).code).toBe(0),
  help: async () => expect((await scenariolog(["help", "exec"])).stdout).toContain(entryOf("exec").summary),
  completion: async () => expect((await scenariolog(["completion", "bash"])).stdout).toContain("scenariolog"),
};

describe("every verb works:", () => {
  for (const [verb, call] of Object.entries(calls)) test(verb, call);

  test("and none is left out", () => {
    expect(Object.keys(calls).sort()).toEqual(Object.keys(verbs).sort());
  });
});

test("--version is that of the package", async () => {
  expect((await scenariolog(["--version"])).stdout).toContain(manifest.version);
});

async function answer(words: readonly string[], flags: readonly string[] = []): Promise<string> {
  const { stdout, stderr, code } = await scenariolog([...words, "--db", db, ...flags], { cwd: dir });
  expect({ words, stderr, code }).toEqual({ words, stderr: "", code: 0 });
  return stdout;
}

async function rows(verb: string, ...flags: string[]): Promise<Record<string, unknown>[]> {
  return JSON.parse(await answer(verb.split(" "), [...flags, "--output", "json"]));
}

function exec(num: number, script: string): ReturnType<typeof scenariolog> {
  const where = ["--db", db, "--run-id", runId, "--root-dir", dir, "--log-dir", "logs"];
  const step = ["--name", `step ${num}`, "--step-num", String(num)];
  return scenariolog(["exec", ...where, ...step, "--", "bash", "-c", shim + script], { cwd: dir });
}

/** A step that calls the program, and has to pass. */
async function inside(num: number, script: string): Promise<void> {
  const { stderr, code } = await exec(num, `set -e\n${script}`);
  expect({ stderr: stderr.split("\n").length, code }).toEqual({ stderr: 2, code: 0 });
}
