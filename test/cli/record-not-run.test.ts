import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { program, scenariolog } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";
import { startSuite } from "../support/suite.ts";

const linux = process.platform === "linux";

const verb = async (suite: Scripts, name: string, ...flags: string[]) =>
  scenariolog([name, "--db", ".scenario-run.db", ...flags], { cwd: suite.dir });
const rows = async (suite: Scripts, name: string) =>
  JSON.parse((await verb(suite, name, "--output", "json")).stdout) as Record<string, unknown>[];

describe.concurrent("a step that was planned and not reached", () => {
  test("is counted alike by the console, why, runs, summary and steps, and has no row in steps", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": ":", "03-c.sh": ":", "04-d.sh": "exit 3", "05-e.sh": ":" });
    const { stderr } = await suite.record();
    expect(stderr).toContain("5 steps: 3 passed, 1 failed, 1 not run in ");
    expect((await verb(suite, "why")).stdout).toMatch(/^run \S+ of \S+: 1 of 5 steps failed, 1 not run\n/);
    expect((await verb(suite, "why")).stdout).toContain("\nNot run\n  05 e\n");
    expect(await rows(suite, "runs")).toMatchObject([{ steps: 5, failed: 1, not_run: 1 }]);
    expect(await rows(suite, "summary")).toMatchObject([{ total_steps: 5, failed_steps: 1, not_run_steps: 1 }]);
    const [last] = (await rows(suite, "steps")).slice(-1);
    expect(last).toMatchObject({ step_num: 5, step_name: "e", status: "not run", attempts: 0, exit_code: null });
    expect(suite.steps()).toHaveLength(4);
    expect(suite.sql("SELECT step_num FROM planned_steps WHERE state = 'not run'")).toEqual([{ step_num: 5 }]);
    expect((await verb(suite, "log", "5")).stderr).toContain("step 5 e was not run");
  });

  test("is none when nothing was left, or was left out by the user", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": ":" });
    await suite.record(["--skip", "2", "steps"]);
    expect(await rows(suite, "runs")).toMatchObject([{ steps: 1, not_run: 0, status: "partial" }]);
  });

  test("is known after kill -9 of the recorder, before and after run end", async () => {
    const suite = scripts({ "01-a.sh": "echo $$ >pid; echo said; exec sleep 60", "02-b.sh": ":" });
    const record = suite.startRecord();
    await suite.logWith(1, "said");
    record.signal("SIGKILL");
    await record.ended;
    process.kill(Number(fs.readFileSync(`${suite.dir}/pid`, "utf8")), "SIGKILL");
    expect(await rows(suite, "runs")).toMatchObject([{ steps: 2, not_run: 1, interrupted: 1, status: "interrupted" }]);
    await verb(suite, "run", "end");
    await scenariolog(["run", "end", "--db", ".scenario-run.db", "--run-id", "latest", "--exit-code", "137"], {
      cwd: suite.dir,
    });
    expect(await rows(suite, "runs")).toMatchObject([{ steps: 2, not_run: 1, interrupted: 1, status: "interrupted" }]);
    expect((await verb(suite, "why")).stdout).toContain("was interrupted by SIGKILL in step 01 a: ");
  });
});

describe.if(linux).concurrent("a run that was interrupted", () => {
  test("is interrupted everywhere, and nobody's latest-failed; why names signal, step and last line", async () => {
    const suite = scripts({
      "01-a.sh":
        'for i in alpha beta gamma; do echo "$i"; [ "$i $SLOW" = "beta 1" ] && touch reached && exec sleep 60; done; exit 0',
      "02-b.sh": ":",
    });
    expect((await suite.record()).code).toBe(0);
    fs.writeFileSync(`${suite.dir}/steps/01-a.sh`, `SLOW=1\n${fs.readFileSync(`${suite.dir}/steps/01-a.sh`, "utf8")}`);
    const record = suite.startRecord();
    while (!fs.existsSync(`${suite.dir}/reached`)) await Bun.sleep(20);
    record.signal("SIGTERM");
    expect(await record.ended).toMatchObject({ signal: "SIGTERM" });
    expect((await rows(suite, "runs"))[0]).toMatchObject({
      status: "interrupted",
      failed: 0,
      interrupted: 1,
      not_run: 1,
    });
    expect(await rows(suite, "summary")).toMatchObject([{ status: "interrupted", failed_steps: 0 }]);
    expect((await verb(suite, "summary", "--run-id", "latest-failed")).stderr).toContain("no run in .scenario-run.db");
    const { stdout } = await verb(suite, "why");
    expect(stdout).toContain(
      "was interrupted by SIGTERM in step 01 a: 0 of 2 steps passed, 1 interrupted, 1 not run\n",
    );
    expect(stdout).toContain("\nLast line printed\n  stdout: beta\n");
    expect(stdout).toContain("  nothing before it was interrupted; 1 line of then did not come");
    expect(stdout).not.toContain("harness");
  });

  for (const signal of ["SIGTERM", "SIGHUP"] as const) {
    test(`by ${signal} while the lines of a step that has ended are indexed is not the harness's failure`, async () => {
      const suite = scripts({ "01-a.sh": "seq 2000000", "02-b.sh": ":" });
      const record = suite.startRecord();
      const isClosed = () => {
        try {
          return suite.sql("SELECT 1 FROM steps WHERE completed_at IS NOT NULL").length > 0;
        } catch {
          return false; // there is no database yet
        }
      };
      while (!isClosed()) await Bun.sleep(5);
      record.signal(signal);
      expect(await record.ended).toMatchObject({ signal });
      const { stdout } = await verb(suite, "why");
      expect(stdout).toContain(
        `was interrupted by ${signal} after step 01 a had ended: 1 of 2 steps passed, 1 not run\n`,
      );
      expect(stdout).toContain("\nLast line printed\n  stdout: 2000000\n");
      expect((await rows(suite, "runs"))[0]).toMatchObject({ status: "interrupted", failed: 0 });
    });
  }

  test("stays failed if a step of it failed before, as the step that is shown", async () => {
    const suite = scripts({ "01-a.sh": "exit 5", "02-b.sh": "echo said; exec sleep 60" });
    const record = suite.startRecord(["--keep-going", "steps"]);
    await suite.logWith(2, "said");
    record.signal("SIGTERM");
    await record.ended;
    const { stdout } = await verb(suite, "why");
    expect(stdout).toContain("was interrupted by SIGTERM in step 02 b: 0 of 2 steps passed, 1 failed, 1 interrupted\n");
    expect(stdout).toContain("\nStep 01 a: exit 5");
    expect((await rows(suite, "runs"))[0]).toMatchObject({ status: "interrupted", failed: 1, interrupted: 1 });
  });

  test("by its own harness, which says so by the code only, is interrupted too unless a step failed", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["true"]);
    await suite.verb("run end", ["--run-id", suite.runId, "--exit-code", "143"]);
    const status = async () => (await suite.rows("runs"))[0]!.status;
    expect(await status()).toBe("interrupted");
    expect((await suite.verb("why")).stdout).toContain("was interrupted by SIGTERM after step 01 step had ended");
    await suite.exec(["--step-num", "2"], ["false"]);
    expect(await status()).toBe("failed");
  });
});

test("a run that its deadline ended between two steps does not blame a harness", async () => {
  const suite = scripts({ "01-a.sh": ":", "02-b.sh": ":" });
  await suite.record();
  // As record leaves it when the deadline comes between the two.
  const db = new Database(`${suite.dir}/.scenario-run.db`);
  db.run("DELETE FROM steps WHERE step_num = 2");
  db.run("UPDATE planned_steps SET state = 'not run' WHERE step_num = 2");
  db.run("UPDATE scenario_runs SET exit_code = 124");
  db.run("INSERT INTO kv(run_id, k, v) SELECT run_id, 'exit.reason', 'timeout' FROM scenario_runs");
  db.close();
  expect((await verb(suite, "why")).stdout).toContain(
    "was ended by its deadline after step 01 a had ended: 1 of 2 steps passed, 1 not run\n",
  );
  expect(await rows(suite, "runs")).toMatchObject([{ status: "failed" }]);
});

describe.concurrent("counts that are not known", () => {
  test("are no zero: a harness that takes the database away has an unknown number of steps", async () => {
    const exec = `${program.map((word) => `'${word}'`).join(" ")} exec --name one -- true`;
    const suite = scripts({ "./run-all.sh": `${exec}; rm .scenario-run.db*` });
    const { code, stderr } = await suite.record(["--", "./run-all.sh"]);
    expect(code).toBe(0);
    expect(stderr).toContain("an unknown number of steps in ");
    expect(stderr).not.toContain("no step");
  });

  test("are known if the database can be read, though it takes no end", async () => {
    const exec = `${program.map((word) => `'${word}'`).join(" ")} exec --name one -- true`;
    const suite = scripts({ "./run-all.sh": `${exec}; touch locked; while [ -e locked ]; do sleep 0.05; done` });
    const record = suite.startRecord(["--", "./run-all.sh"]);
    while (!fs.existsSync(`${suite.dir}/locked`)) await Bun.sleep(20);
    const lock = new Database(`${suite.dir}/.scenario-run.db`);
    lock.run("BEGIN IMMEDIATE");
    fs.rmSync(`${suite.dir}/locked`);
    const { stderr } = await record.ended;
    lock.run("ROLLBACK");
    lock.close();
    expect(stderr).toContain("the run's end is not recorded: ");
    expect(stderr).toContain("1 step: 1 passed in ");
  });
});
