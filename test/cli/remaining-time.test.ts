import { expect, test } from "bun:test";
import { RemainingTime } from "../../src/cli/live/remaining-time.ts";
import { program } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";

const steps = [1, 2, 3].map((num) => ({ num, name: "s" }));
const usual = new Map([
  ["1 s", 1000],
  ["2 s", 3000],
]);

test("what is left is what the other steps usually take, and what this one has left of that", () => {
  const remaining = new RemainingTime(steps, usual, 1);
  // The third never passed, and counts as the average.
  expect(remaining.leftMs(0)).toBe(6000);
  remaining.started(steps[0]!, 0);
  expect(remaining.leftMs(400)).toBe(5600);
  expect(remaining.leftMs(9000)).toBe(5000);
  remaining.ended(steps[0]!);
  remaining.started(steps[1]!, 9000);
  remaining.ended(steps[1]!);
  remaining.started(steps[2]!, 9000);
  expect(remaining.leftMs(10_000)).toBe(1000);
  expect(remaining.leftMs(12_000)).toBeNull();
});

test("jobs share what waits, but no step is shorter than itself", () => {
  expect(new RemainingTime(steps, usual, 2).leftMs(0)).toBe(3000);
  const remaining = new RemainingTime(steps.slice(0, 2), usual, 2);
  for (const step of steps.slice(0, 2)) remaining.started(step, 0);
  expect(remaining.leftMs(0)).toBe(3000);
});

test("nothing is said if fewer than half of the steps are known", () => {
  expect(new RemainingTime([...steps, { num: 4, name: "s" }, { num: 5, name: "s" }], usual, 1).leftMs(0)).toBeNull();
});

test("record says on a terminal how long it will take, once it has run before", async () => {
  const suite = scripts({ "01-a.sh": "sleep 1.2", "02-b.sh": ":" });
  await suite.record();
  let screen = "";
  const child = Bun.spawn([...program, "record", "steps"], {
    cwd: suite.dir,
    env: { PATH: process.env.PATH!, HOME: suite.dir, TERM: "xterm" },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        screen += Buffer.from(bytes).toString();
      },
    },
  });
  await child.exited;
  // The clock of a busy machine decides which second is shown; the arithmetic has its own tests above.
  expect(screen).toMatch(/\[1\/2\] 01 a 0\.\ds, about [12]s left/);
});
