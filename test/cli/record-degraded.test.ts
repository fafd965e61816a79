import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { canMount, fill, smallDisk } from "../support/mounts.ts";
import { scripts } from "../support/recorded.ts";

/** The warnings on stderr, without what each begins with. */
const warnings = (stderr: string) => [...stderr.matchAll(/^\[scenariolog\] warning: (.*)$/gm)].map(([, text]) => text!);

describe.concurrent("where recording fails, record runs every step all the same:", () => {
  test("the database is removed by a step", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": "rm .scenario-run.db*", "03-c.sh": "echo three; exit 3" });
    const { code, stderr } = await suite.record();
    expect(code).toBe(3);
    expect(stderr).toContain("3 steps: 2 passed, 1 failed");
    expect(stderr).toContain("\nthree\n");
    const said = warnings(stderr).map((text) => text.replace(/^step \S+-step-(\d+)/, "step $1"));
    expect(said).toEqual([
      expect.stringMatching(/^step 02 is not wholly recorded: the step is not recorded: database .* was removed/),
      expect.stringMatching(
        /^step 03 is not wholly recorded: the step is not recorded: no database .*; its rows wait in /,
      ),
      expect.stringMatching(/^the run's end is not recorded: no database .*; it waits in .*run-pending-\w+.jsonl/),
    ]);
    expect(fs.existsSync(`${suite.dir}/.scenario-run.db`)).toBe(false);
  });

  test("logs cannot be made: what the steps print goes to the console", async () => {
    const suite = scripts({ "01-a.sh": "echo out; echo err >&2", "02-b.sh": "exit 4" });
    fs.writeFileSync(`${suite.dir}/file`, "");
    const { code, stdout, stderr } = await suite.record(["--log-dir", "file", "steps"]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "out\n" });
    expect(stderr).toContain("err\n");
    expect(warnings(stderr)[0]).toContain("step-01-stdout.txt could not be made");
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 4],
    ]);
  });

  test("with --strict it then ends with 125", async () => {
    const suite = scripts({ "01-a.sh": "rm .scenario-run.db*" });
    expect((await suite.record(["--strict", "steps"])).code).toBe(125);
  });
});

// Where mounting is not permitted there is no disk to fill.
describe.if(canMount)("on a full disk", () => {
  test("record runs every step, with its code, and says what is not recorded", async () => {
    const disk = smallDisk()!;
    fill(disk);
    const suite = scripts({ "01-a.sh": "echo one", "02-b.sh": "exit 4" });
    const { code, stderr } = await suite.record(["--db", path.join(disk, "x.db"), "--log-dir", ".logs/own", "steps"]);
    expect(code).toBe(4);
    expect(stderr).toContain("2 steps: 1 passed, 1 failed");
    expect(warnings(stderr)[0]).toStartWith("the run is not recorded so far: ");
    const [logs] = fs.readdirSync(`${suite.dir}/.logs`);
    expect(fs.readFileSync(`${suite.dir}/.logs/${logs}/step-01-stdout.txt`, "utf8")).toBe("one\n");
  });

  test("the run and all its steps are recorded when there is room again", async () => {
    const disk = smallDisk()!;
    fill(disk);
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": `rm ${disk}/filler`, "03-c.sh": ":" });
    const { code } = await suite.record(["--run-id", "x", "--db", path.join(disk, "x.db"), "steps"]);
    expect(code).toBe(0);
    const { Database } = await import("bun:sqlite");
    const db = new Database(path.join(disk, "x.db"));
    expect(db.query("SELECT exit_code FROM scenario_runs").all()).toEqual([{ exit_code: 0 }]);
    expect(db.query("SELECT step_num FROM steps ORDER BY 1").values()).toEqual([[1], [2], [3]]);
    db.close();
  });
});
