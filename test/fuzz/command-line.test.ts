import { expect, test } from "bun:test";
import { tempDir } from "../support/program.ts";
import { callWithBytes } from "./bytes.ts";
import { Chance } from "./chance.ts";
import { faultOf, shown } from "./judge.ts";
import { listingOf, refill } from "./place.ts";
import { expectNoFaults, inTurns, LONG, runCases, SEED } from "./run-cases.ts";
import { makeTemplate } from "./template.ts";

const MINUTES = 60_000;
const EVERY_CODE = Array.from({ length: 256 }, (_, code) => code);

test(
  "a call with any arguments and variables answers or says in a line what is wrong, and writes nothing unasked",
  async () => runCases("commandLine", LONG ? 100_000 : 3000, await makeTemplate()),
  60 * MINUTES,
);

const FLAGS = [
  "--step-num",
  "--script-path",
  "--work-dir",
  "--timeout",
  "--grace",
  "--leak-timeout",
  "--kv",
  "--stdin",
];
const COMMANDS = [["true"], ["false"], ["sh", "-c", "exit 3"], ["sh", "-c", "echo x; echo y >&2"], ["sh"], []];

/** A correct call of exec, and then one with a word that does not belong there. */
function execWords(chance: Chance): string[] {
  const words = [
    "exec",
    "--db",
    "runs.db",
    "--run-id",
    "latest",
    "--root-dir",
    ".",
    "--log-dir",
    "logs",
    "--name",
    "n",
  ];
  for (let n = chance.int(3); n > 0; n--) words.push(chance.pick(FLAGS), chance.text());
  if (chance.one(4)) words.splice(chance.int(words.length), 0, chance.text());
  if (!chance.one(8)) words.push("--");
  const command = chance.one(4) ? [chance.text()] : chance.pick(COMMANDS);
  return [...words, ...command, ...Array.from({ length: chance.int(3) }, () => chance.text())];
}

test(
  "exec with any arguments runs its step or says in a line why not",
  async () => {
    const template = await makeTemplate();
    const faults: string[] = [];
    const dir = tempDir();
    refill(dir, template);
    await inTurns(LONG ? 3000 : 100, async (number) => {
      const chance = new Chance(SEED, number);
      // Without NUL, which ends an argument, and without long ones, of which a few are enough.
      const words = execWords(chance).map((word) => word.replaceAll("\0", "").slice(0, 3000));
      const answer = await callWithBytes(
        words.map((word) => Buffer.from(word)),
        dir,
      );
      const fault = answer === "hangs" ? answer : faultOf(answer, EVERY_CODE);
      if (fault !== undefined) faults.push(`case ${number}: ${fault}: ${shown(words)}`);
    });
    expectNoFaults(faults);
  },
  60 * MINUTES,
);

test(
  "an argument that is not UTF-8 is refused before anything happens, in any position",
  async () => {
    const template = await makeTemplate();
    const dir = tempDir();
    refill(dir, template);
    const before = listingOf(dir);
    for (let number = 0; number < (LONG ? 500 : 40); number++) {
      const chance = new Chance(SEED, number);
      const words: Uint8Array[] = [
        ...(chance.one(2)
          ? ["exec", "--db", "runs.db", "--", "true"]
          : ["search", "--db", "runs.db", "--query", "needle"]),
      ].map((word) => Buffer.from(word));
      const at = chance.int(words.length);
      const word = Uint8Array.of(
        ...words[at]!,
        chance.pick([0x80, 0xc3, 0xe2, 0xed, 0xf8, 0xff]),
        ...chance.pick([[], [0x41]]),
      );
      words[at] = word;
      const answer = await callWithBytes(words, dir);
      expect({ again: SEED, number, word, answer }).toEqual({
        again: SEED,
        number,
        word,
        answer: {
          stdout: "",
          stderr: expect.stringMatching(/^Error: an argument is not valid UTF-8\n {2}[^\n]+\n$/),
          code: 2,
        },
      });
    }
    expect(listingOf(dir)).toBe(before);
  },
  10 * MINUTES,
);
