import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { canMount, smallDisk } from "../support/mounts.ts";
import { program, run } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";
import { startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { onlyWarning } from "../support/warnings.ts";

const FILL = "for i in 1 2 3 4; do cat /dev/zero >> filler 2> /dev/null; done; [ -s filler ]";

/** A suite on a disk of its own, with its database and its logs. */
function suiteOn(disk: string, files: Readonly<Record<string, string>>) {
  const suite = scripts(files);
  fs.cpSync(suite.dir, disk, { recursive: true });
  return suite;
}

const rows = (db: string) => {
  const { Database } = require("bun:sqlite") as typeof import("bun:sqlite");
  const handle = new Database(db, { readonly: true });
  try {
    const steps = handle.query("SELECT step_num, exit_code, duration_ms FROM steps ORDER BY 1").values() as number[][];
    return { steps, run: handle.query("SELECT exit_code FROM scenario_runs").values() };
  } finally {
    handle.close();
  }
};

// Where mounting is not permitted there is no disk to fill.
describe.if(canMount)("a disk with database and logs that is full for a time", () => {
  const files = {
    "01-one.sh": "echo one; sleep 0.05",
    "02-fills.sh": `echo two; sleep 0.2; ${FILL}`,
    "03-fails.sh": "echo three; sleep 0.1; exit 7",
    "04-frees.sh": "rm filler; echo four",
  };

  // Elsewhere, and nowhere, there is room for the rows that wait.
  for (const where of ["elsewhere", "nowhere"]) {
    test(`costs record no result, if there is room ${where}`, async () => {
      const disk = smallDisk({ size: "20m" })!;
      const suite = suiteOn(disk, files);
      const env = { TMPDIR: where === "elsewhere" ? suite.dir : disk };
      const { code } = await suite.record(["--keep-going", "--db", "x.db", "steps"], { cwd: disk, env });
      expect(code).toBe(7);
      const { steps, run } = rows(path.join(disk, "x.db"));
      expect(steps.map(([num, exit]) => [num, exit])).toEqual([
        [1, 0],
        [2, 0],
        [3, 7],
        [4, 0],
      ]);
      expect(steps.map(([, , ms]) => ms! >= 0)).toEqual([true, true, true, true]);
      expect(steps[1]![2]).toBeGreaterThanOrEqual(200);
      expect(steps[2]![2]).toBeGreaterThanOrEqual(100);
      expect(run).toEqual([[7]]);
      expectWholeTape(path.join(disk, "x.db"));
      const left = [...fs.readdirSync(suite.dir), ...fs.readdirSync(disk, { recursive: true }).map(String)];
      expect(left.filter((name) => name.includes("-pending-"))).toEqual([]);
    });
  }

  test("costs exec no result, if there is room elsewhere: the next one writes it", async () => {
    const disk = smallDisk({ size: "2m" })!;
    const suite = await startSuite(disk);
    const env = { TMPDIR: path.dirname(disk) };
    const filling = await suite.exec(["--step-num", "1"], ["sh", "-c", `cd '${disk}'; ${FILL}; exit 3`], { env });
    expect(filling.code).toBe(3);
    expect(onlyWarning(filling)).toContain(`its rows wait in ${env.TMPDIR}/scenariolog-`);
    expect((await suite.verb("why", [], { env })).stderr).toContain("wait in ");
    fs.rmSync(path.join(disk, "filler"));
    expect((await suite.exec(["--step-num", "2"], ["true"], { env })).code).toBe(0);
    expect(rows(suite.db).steps.map(([num, exit]) => [num, exit])).toEqual([
      [1, 3],
      [2, 0],
    ]);
    expectWholeTape(suite.db);
  });

  test("makes exec say what is lost, in one line, if there is no room anywhere", async () => {
    const disk = smallDisk({ size: "2m" })!;
    const suite = await startSuite(disk);
    const env = { TMPDIR: disk };
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", `cd '${disk}'; ${FILL}; exit 3`], { env });
    expect(result.code).toBe(3);
    expect(onlyWarning(result)).toContain(
      "its rows are lost, as no directory has room for them: it ended with exit code 3",
    );
  });
});

test("no step stays open if the database meets a limit on file sizes", async () => {
  const suite = scripts({ "01-long.sh": "seq 1 30000; exit 3", "02-short.sh": "seq 1 3000" });
  const record = `ulimit -f 200; exec ${program.map((word) => `'${word}'`).join(" ")} record --keep-going steps`;
  const { code } = await run(["bash", "-c", record], { cwd: suite.dir });
  expect(code).toBe(3);
  expect(suite.steps()).toEqual([
    [1, "long", 3],
    [2, "short", 0],
  ]);
  expect(suite.run()).toMatchObject({ exit_code: 3 });
  expectWholeTape(path.join(suite.dir, ".scenario-run.db"), { indexed: false });
});
