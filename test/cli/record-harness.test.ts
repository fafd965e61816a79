import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, run } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";
import { until } from "../support/started.ts";
import { CTRL_C, inTerminal } from "../support/terminal.ts";

const shim = `scenariolog() { ${program.map((word) => `'${word}'`).join(" ")} "$@"; }`;
const exec = (name: string, script: string) => `scenariolog exec --name ${name} -- bash -c '${script}'`;

function harness(...lines: string[]): Scripts {
  return scripts({ "./run-all.sh": [shim, ...lines].join("\n") });
}

describe.concurrent("record around a harness", () => {
  test("tells it the run by the environment, counts its steps up, and ends with its own code", async () => {
    const suite = harness(
      exec("one", "echo hi"),
      `${exec("two", "exit 3")} || code=$?`,
      exec("three", ":"),
      "exit $code",
    );
    const { code, stderr } = await suite.record(["--", "./run-all.sh"]);
    expect(code).toBe(3);
    expect(suite.steps()).toEqual([
      [1, "one", 0],
      [2, "two", 3],
      [3, "three", 0],
    ]);
    expect(suite.log(1, "stdout")).toBe("hi\n");
    expect(suite.sql("SELECT attempt FROM attempts")).toEqual([{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }]);
    expect(suite.run()).toMatchObject({ exit_code: 3 });
    expect(suite.run().completed_at).not.toBeNull();
    expect(stderr).toContain("3 steps: 2 passed, 1 failed in ");
  });

  test("traces its bash steps as --trace says, which is auto", async () => {
    const suite = harness(exec("one", "false; exit 3"));
    const lines = () => suite.sql("SELECT text FROM command_sources");
    await suite.record(["--trace", "never", "--", "./run-all.sh"]);
    expect(lines()).toEqual([]);
    await suite.record(["--", "./run-all.sh"]);
    expect(lines()).toContainEqual({ text: "exit 3" });
  });

  test("leaves its stdin, stdout, stderr and arguments as they are", async () => {
    const suite = harness('cat; printf "<%s>" "$@"; echo; echo complaint >&2; exit 9');
    const { code, stdout, stderr } = await suite.record(["--", "./run-all.sh", "a b", "--help"], {
      stdin: new Blob(["typed\n"]),
    });
    expect({ code, stdout }).toEqual({ code: 9, stdout: "typed\n<a b><--help>\n" });
    expect(stderr).toStartWith("complaint\nno steps in ");
  });

  test("leaves it on the user's terminal", async () => {
    const suite = harness('[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && read -r line </dev/tty && echo "read $line"');
    const session = inTerminal(["bash", "-c", `cd ${suite.dir} && ${program.join(" ")} record -- ./run-all.sh`]);
    await session.type("words\n");
    await session.ended;
    expect(session.output()).toContain("read words\n");
  });

  test("gives parallel steps different numbers, and files of their own", async () => {
    const suite = harness(`for i in {1..12}; do ${exec("par", "echo $SCENARIOLOG_STEP_ID")} & done; wait`);
    expect((await suite.record(["--", "./run-all.sh"])).code).toBe(0);
    const nums = Array.from({ length: 12 }, (_, i) => i + 1);
    expect(suite.steps().map(([num]) => num)).toEqual(nums);
    const id = (num: number) => `${suite.run().run_id}-step-${String(num).padStart(2, "0")}`;
    expect(nums.map((num) => suite.log(num, "stdout"))).toEqual(nums.map((num) => `${id(num)}\n`));
  });

  test("counts a step within a step as well, and takes numbers that the harness gives itself", async () => {
    const suite = harness(
      exec("outer", `${program.join(" ")} exec --name inner -- true`),
      exec("next", ":"),
      "scenariolog exec --step-num 20 --name given -- true",
      exec("last", ":"),
    );
    expect((await suite.record(["--", "./run-all.sh"])).code).toBe(0);
    expect(suite.steps().map(([num, name]) => `${num} ${name}`)).toEqual([
      "1 outer",
      "2 inner",
      "3 next",
      "20 given",
      "21 last",
    ]);
  });

  test("keeps a harness working that starts and ends runs of its own", async () => {
    const suite = harness(
      'id=$(scenariolog run start --db own.db --root-dir "$PWD") || exit 1',
      'scenariolog exec --db own.db --run-id "$id" --root-dir "$PWD" --log-dir own-logs --name x -- echo there',
      'scenariolog run end --db own.db --run-id "$id" --exit-code 0',
      'id=$(scenariolog run start) && scenariolog exec --run-id "$id" --step-num 5 --name y -- true && scenariolog run end --run-id "$id"',
    );
    expect((await suite.record(["--run-id", "outer", "--", "./run-all.sh"])).code).toBe(0);
    expect(fs.readFileSync(`${suite.dir}/own-logs/step-00-stdout.txt`, "utf8")).toBe("there\n");
    const runs = suite.sql(
      "SELECT run_id, exit_code, (SELECT count(*) FROM steps s WHERE s.run_id = r.run_id) AS n FROM scenario_runs r ORDER BY started_at",
    );
    expect(runs).toMatchObject([
      { run_id: "outer", exit_code: 0, n: 0 },
      { exit_code: 0, n: 1 },
    ]);
  });

  test("says what could not be started: 127, and the run has ended", async () => {
    const suite = harness();
    const { code, stderr } = await suite.record(["--", "./nope.sh"]);
    expect(code).toBe(127);
    expect(stderr).toStartWith("Error: ./nope.sh: ");
    expect(suite.run()).toMatchObject({ exit_code: 127 });
  });

  test("is ended at --deadline with all that came from it: 124", async () => {
    const suite = harness("sleep 300 & sleep 300");
    expect((await suite.record(["--deadline", "500ms", "--", "./run-all.sh"])).code).toBe(124);
    expect(suite.run()).toMatchObject({ exit_code: 124 });
  });

  test("takes no steps' selection", async () => {
    const suite = harness();
    const { code, stderr } = await suite.record(["--only", "1", "--", "./run-all.sh"]);
    expect({ code, stderr }).toMatchObject({ code: 2 });
    expect(stderr).toStartWith("Error: --only is for steps, not for a harness\n");
  });

  test("passes a signal on, and ends by it, with the run ended", async () => {
    const suite = harness("trap 'echo cleaning >cleaned; exit 0' TERM; touch ready; while :; do sleep 0.05; done");
    const record = suite.startRecord(["--", "./run-all.sh"]);
    await until("ready", () => fs.existsSync(path.join(suite.dir, "ready")));
    record.signal("SIGTERM");
    expect(await record.ended).toMatchObject({ signal: "SIGTERM" });
    expect(fs.existsSync(`${suite.dir}/cleaned`)).toBe(true);
    expect(suite.run()).toMatchObject({ exit_code: 143 });
  });
});

describe.concurrent("a step that is given no number", () => {
  test("is 0 where the run is named by a flag, as it has always been", async () => {
    const suite = harness(exec("one", ":"), 'scenariolog exec --run-id "$SCENARIOLOG_RUN_ID" --name zero -- true');
    await suite.record(["--", "./run-all.sh"]);
    expect(suite.steps().map(([num, name]) => `${num} ${name}`)).toEqual(["0 zero", "1 one"]);
  });

  test("comes behind all that record has planned, when a step of a suite records one", async () => {
    const suite = scripts({ "01-a.sh": `${shim}\n${exec("inner", "echo in")}`, "02-b.sh": ":" });
    expect((await suite.record()).code).toBe(0);
    expect(suite.steps().map(([num, name]) => `${num} ${name}`)).toEqual(["1 a", "2 b", "3 inner"]);
  });

  test("is 0 in a run that a harness has started, which numbers its steps itself, also within a step", async () => {
    const suite = scripts({});
    const script = [
      shim,
      "export SCENARIOLOG_DB=$PWD/.scenario-run.db SCENARIOLOG_ROOT_DIR=$PWD SCENARIOLOG_LOG_DIR=.logs",
      "id=$(scenariolog run start)",
      `scenariolog exec --run-id "$id" --step-num 1 --name one -- ${program.join(" ")} exec --name inner -- true`,
      "SCENARIOLOG_RUN_ID=$id scenariolog exec --name outer -- true",
      'scenariolog exec --run-id "$id" --step-num 2 --name two -- true',
    ];
    const { code } = await run(["bash", "-c", script.join("\n")], { cwd: suite.dir });
    expect(code).toBe(0);
    expect(suite.steps().map(([num, name]) => `${num} ${name}`)).toEqual(["0 outer", "1 one", "2 two"]);
  });
});

describe.if(process.platform === "linux").concurrent("Ctrl-C around a harness", () => {
  const ready = (suite: Scripts) => until("ready", () => fs.existsSync(path.join(suite.dir, "ready")));

  test("is the harness's own affair when it handles it, however often", async () => {
    const suite = harness(
      "n=0; trap 'n=$((n + 1)); touch seen$n' INT; touch ready; while ((n < 3)); do sleep 0.02; done; sleep 0.5; exit 6",
    );
    const line = `${program.join(" ")} record --grace 100ms -- ./run-all.sh; echo "code $?"`;
    const session = inTerminal(["bash", "-c", `cd ${suite.dir}; trap : INT; ${line}`]);
    await ready(suite);
    for (const n of [1, 2, 3]) {
      await Bun.sleep(150);
      await session.type(CTRL_C);
      // Two that come before the first is looked at are one.
      await until(`Ctrl-C ${n}`, () => fs.existsSync(path.join(suite.dir, `seen${n}`)));
    }
    await session.shows("code 6\n");
    expect(suite.run()).toMatchObject({ exit_code: 6 });
  });

  test("does not put the deadline off", async () => {
    const suite = harness("trap : INT; touch ready; while :; do sleep 0.02; done");
    const line = `${program.join(" ")} record --deadline 1s --grace 1s -- ./run-all.sh; echo "code $?"`;
    const session = inTerminal(["bash", "-c", `cd ${suite.dir}; trap : INT; ${line}`]);
    await ready(suite);
    await Bun.sleep(100);
    await session.type(CTRL_C);
    await session.shows("code 124\n");
  });

  test("ends record as well when it ends the harness, and the script that called it", async () => {
    const suite = harness("touch ready; sleep 300");
    const line = `${program.join(" ")} record -- ./run-all.sh; echo "went on"`;
    const session = inTerminal(["bash", "-c", `cd ${suite.dir}; ${line}`]);
    await ready(suite);
    await Bun.sleep(100);
    await session.type(CTRL_C);
    await session.ended;
    expect(session.output()).not.toContain("went on");
    expect(suite.run()).toMatchObject({ exit_code: 130 });
  });
});
