import { expect, test } from "bun:test";
import { join } from "node:path";
import { executable, mustRun, newFolder, root, run } from "./built.ts";

test("the suite in examples/suite is recorded in full, and ends with the code of the step that fails by design", async () => {
  const program = await executable();
  const out = newFolder("suite");
  const env = { PATH: process.env.PATH ?? "", HOME: out, SCENARIOLOG_BIN: program, OUT_DIR: out };
  const suite = await run(["bash", join(root, "examples/suite/run-all.sh")], out, env);
  expect(suite.code).toBe(3);
  expect(suite.stdout).toBe("");

  const ask = async (...argv: string[]) =>
    JSON.parse(await mustRun([program, ...argv, "--db", join(out, "scenario-run.db"), "--output", "json"], out, env));
  const [summary] = await ask("summary");
  expect(summary).toMatchObject({ suite: "orders", exit_code: 3, total_steps: 7, failed_steps: 1 });
  expect(await ask("failures")).toMatchObject([{ step_num: 3, step_name: "check-totals", exit_code: 3 }]);
  const [slowest] = await ask("timings", "--top", "1");
  expect(slowest).toMatchObject({ step_name: "import-orders" });
  expect(slowest.duration_ms).toBeGreaterThan(1000);
  const [refused] = await ask("search", "--query", "refused");
  expect(refused).toMatchObject({ kind: "stdout", line_num: 1234 });

  const log = (name: string) => Bun.file(join(out, ".logs", name)).text();
  expect(await log("step-05-stdout.txt")).toBe("one, by the descriptor\ntwo, by path\nfive, by path again\n");
  expect(await log("step-05-stderr.txt")).toBe("warning: three, by path\nfour, by the descriptor\n");
});
