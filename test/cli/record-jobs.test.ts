import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { fixture } from "../support/fixtures.ts";
import { program } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";
import { alive } from "../support/started.ts";
import { CTRL_Z, inTerminal } from "../support/terminal.ts";

const MARK = "# scenariolog: independent\n";
/** Waits for the other one to be there: alone it would wait in vain. */
const meet = (own: string, other: string) =>
  `${MARK}touch ${own}; for i in {1..200}; do [ -e ${other} ] && exit 0; sleep 0.05; done; exit 1`;
/** Fails when another one is at work. */
const alone = (name: string) =>
  `mkdir lock || exit 9; [ -z "$(ls -d busy-* 2>/dev/null)" ] || exit 8; sleep 0.2; rmdir lock; echo ${name}`;

describe.concurrent("record --jobs", () => {
  test("runs neighbours that are independent at once, and the others alone, in order", async () => {
    const suite = scripts({
      "01-a.sh": alone("a"),
      "02-b.sh": `touch busy-b; trap 'rm busy-b' EXIT; ${meet("b", "c").replace(MARK, "")}`.replace(/^/, MARK),
      "03-c.sh": meet("c", "b"),
      "04-d.sh": alone("d"),
      "05-e.sh": `${MARK}mkdir lock && sleep 0.1 && rmdir lock`,
    });
    const { code, stderr } = await suite.record(["--jobs", "2", "steps"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("5 steps: 5 passed");
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([0, 0, 0, 0, 0]);
  });

  test("never runs more at once than it says", async () => {
    const count = `${MARK}touch busy-$$; ls -d busy-* | wc -l; sleep 0.3; rm busy-$$`;
    const names = Array.from({ length: 6 }, (_, i) => `0${i + 1}-x.sh`);
    const suite = scripts(Object.fromEntries(names.map((name) => [name, count])));
    expect((await suite.record(["--jobs", "3", "steps"])).code).toBe(0);
    const most = Math.max(...names.map((_, i) => Number(suite.log(i + 1, "stdout"))));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  test("runs one after the other without it", async () => {
    const suite = scripts({ "01-a.sh": `${MARK}${alone("a")}`, "02-b.sh": `${MARK}${alone("b")}` });
    expect((await suite.record()).code).toBe(0);
  });

  test("keeps the output, the lines and the rows of parallel steps apart", async () => {
    const names = Array.from({ length: 8 }, (_, i) => i + 1);
    const suite = scripts(
      Object.fromEntries(
        names.map((n) => [`${n}-s.sh`, `${MARK}for i in {1..300}; do echo "s${n} $i"; done; exit ${n}`]),
      ),
    );
    const { code } = await suite.record(["--jobs", "8", "--keep-going", "steps"]);
    expect(code).toBe(1);
    for (const n of names) {
      expect(suite.log(n, "stdout")).toBe(Array.from({ length: 300 }, (_, i) => `s${n} ${i + 1}\n`).join(""));
    }
    expect(suite.sql("SELECT count(*) AS n FROM log_lines_fts")).toEqual([{ n: 2400 }]);
    expect(suite.steps().map(([, , exit]) => exit)).toEqual(names);
  });

  test("starts nothing new when one has failed, lets its neighbours end, and ends with the code of the first in order", async () => {
    const suite = scripts({
      "01-a.sh": `${MARK}sleep 0.5; exit 4`,
      "02-b.sh": `${MARK}exit 5`,
      "03-c.sh": `${MARK}exit 0`,
    });
    const { code, stderr } = await suite.record(["--jobs", "2", "steps"]);
    expect(code).toBe(4);
    expect(stderr).toContain("3 steps: 0 passed, 2 failed, 1 not run");
  });

  test("ends by a timeout what is that step's, and leaves its neighbour alone", async () => {
    const suite = scripts({
      "01-a.sh": `${MARK}sleep 300 & echo $! >left; sleep 300`,
      "02-b.sh": `${MARK}sleep 1.5`,
      // At work when the time of the first one is over.
      "03-c.sh": `${MARK}sleep 2 & (setsid sleep 2 >/dev/null 2>&1 &); wait && echo done`,
    });
    const words = ["--jobs", "2", "--timeout", "3s", "--grace", "200ms", "--keep-going", "steps"];
    expect((await suite.record(words)).code).toBe(124);
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([124, 0, 0]);
    expect(suite.log(3, "stdout")).toBe("done\n");
    expect(alive(Number(fs.readFileSync(`${suite.dir}/left`, "utf8")))).toBe(false);
  });
});

describe.if(process.platform === "linux").concurrent("parallel steps", () => {
  const two = () => {
    const body = (name: string) => `${MARK}touch ${name}; exec ${fixture("traps.sh")} 7`;
    return scripts({ "01-a.sh": body("a"), "02-b.sh": body("b"), "03-c.sh": "touch c" });
  };

  test("each get a signal to record once, and record ends by it", async () => {
    const suite = two();
    const record = suite.startRecord(["--jobs", "2", "steps"]);
    await Promise.all([suite.logWith(1, "ready"), suite.logWith(2, "ready")]);
    record.signal("SIGTERM");
    expect(await record.ended).toMatchObject({ signal: "SIGTERM" });
    for (const step of [1, 2]) expect(suite.log(step, "stdout")).toBe("ready\ngot TERM\ncount 1\n");
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([143, 143]);
    expect(suite.run().exit_code).toBe(143);
  });

  test("are stopped by Ctrl-Z together with record, and go on with it", async () => {
    const suite = scripts({
      "01-a.sh": `${MARK}echo at work; sleep 0.6; echo a`,
      "02-b.sh": `${MARK}echo at work; sleep 0.6; echo b`,
    });
    const session = inTerminal(["bash", "--norc", "-i"]);
    await session.type(`cd ${suite.dir}; ${program.join(" ")} record --jobs 2 steps\n`, "$ ");
    await Promise.all([suite.logWith(1, "at work"), suite.logWith(2, "at work")]);
    await Bun.sleep(150);
    await session.type(CTRL_Z);
    await session.shows("Stopped");
    await Bun.sleep(200); // the shell forgets what is typed before its prompt
    await session.type("fg; echo code $?; exit\n");
    await session.shows("code 0\n");
    expect(suite.log(1, "stdout") + suite.log(2, "stdout")).toBe("at work\na\nat work\nb\n");
  });
});
