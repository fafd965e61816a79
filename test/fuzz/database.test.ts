import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { tempDir } from "../support/program.ts";
import { callWithBytes } from "./bytes.ts";
import { Chance } from "./chance.ts";
import { damage } from "./damage.ts";
import { faultOf } from "./judge.ts";
import { refill } from "./place.ts";
import { expectNoFaults, inTurns, LONG, runCases, SEED } from "./run-cases.ts";
import { databases, makeTemplate } from "./template.ts";

const MINUTES = 60_000;

test(
  "on a damaged database, a verb answers or says in a line what is wrong, and a report does not change it",
  async () => runCases("database", LONG ? 20_000 : 250, await makeTemplate()),
  120 * MINUTES,
);

test(
  "on a damaged database, exec runs its step and ends with its code, or refuses it before it starts",
  async () => {
    const template = await makeTemplate();
    const faults: string[] = [];
    let ran = 0;
    await inTurns(LONG ? 2000 : 50, async (number) => {
      const dir = tempDir();
      refill(dir, template);
      const chance = new Chance(SEED, number);
      const db = chance.pick(databases);
      const done = damage(chance, path.join(dir, db));
      const run = ["exec", "--db", db, "--run-id", "latest", "--root-dir", ".", "--log-dir", "new-logs", "--name", "n"];
      const words = [...run, "--", "sh", "-c", "echo it ran; touch ran; exit 7"].map((word) => Buffer.from(word));
      const answer = await callWithBytes(words, dir);
      const didRun = fs.existsSync(path.join(dir, "ran"));
      const fault = answer === "hangs" ? answer : faultOf(answer, [didRun ? 7 : 125]);
      if (fault !== undefined) faults.push(`case ${number}: ${fault}: exec on ${db} after ${done}`);
      if (!didRun) return;
      ran++;
      const kept = fs.readFileSync(path.join(dir, "new-logs", "step-00-stdout.txt"), "latin1");
      if (kept !== "it ran\n") faults.push(`case ${number}: the log holds ${JSON.stringify(kept)}: ${done}`);
    });
    expectNoFaults(faults);
    expect(ran).toBeGreaterThan(10);
  },
  60 * MINUTES,
);
