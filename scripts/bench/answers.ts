import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { readableSize, ScriptError } from "../build/project.ts";
import { FREQUENT_WORD } from "./log-lines.ts";
import { freeBytes } from "./machine.ts";
import { ownWordOf, PastLogs, RARE_WORD } from "./past-logs.ts";
import { type Command, textOf, wallMs } from "./process.ts";
import { interleaved } from "./samples.ts";
import type { Bench } from "./setup.ts";

const SIZES = [100, 1000, 3000];
/** Roughly the space of one run with its index and its file, and some to spare. */
const BYTES_A_RUN = 4e6;
/** The time from the start of the largest database to the end of the benchmark. */
const SECONDS_FOR_THE_REST = 100;
const SEARCH_TARGET = { of: "value", atMost: 15 } as const;
const ALL_RUNS_TARGET = { of: "value", atMost: 50 } as const;
const REPORT_TARGET = { of: "value", atMost: 10 } as const;
/** From the smallest database to the largest. */
const GROWTH_TARGET = { of: "ratio", atMost: 1.2 } as const;

interface Question {
  readonly name: string;
  readonly words: readonly string[];
  readonly target: { readonly of: "value"; readonly atMost: number };
  /** The text that grep looks for, and the file. */
  readonly grep?: { readonly word: string; readonly file: string };
}

/** Measures what an answer costs as the history grows. */
export async function measureAnswers(bench: Bench): Promise<void> {
  const dir = join(bench.dir, "answers");
  mkdirSync(dir);
  const logs = new PastLogs(join(dir, "runs.db"), dir);
  const smallest = join(dir, "smallest.db");
  const sizes = bench.quick ? SIZES.slice(0, 2) : SIZES;
  let largest = 0;
  let secondsARun = 0;
  for (const count of sizes) {
    if ((count - largest) * secondsARun > bench.secondsLeft() - SECONDS_FOR_THE_REST) {
      bench.say(`no time for ${count} runs on a machine as slow or busy as this: left out`);
      break;
    }
    if (freeBytes(dir) < (count - largest) * BYTES_A_RUN) {
      bench.say(`no room for ${count} runs in ${dir}: left out`);
      break;
    }
    const startedAt = Bun.nanoseconds();
    await logs.growTo(count);
    settle(logs.db);
    const seconds = (Bun.nanoseconds() - startedAt) / 1e9;
    secondsARun = seconds / (count - largest);
    bench.say(
      `${count} runs: a database of ${readableSize(statSync(logs.db).size)}, and ${seconds.toFixed(0)} s to get there`,
    );
    if (largest === 0) copyFileSync(logs.db, smallest);
    largest = count;
    checkCounts(bench, logs);
    await measureAt(bench, logs);
  }
  if (largest > sizes[0]!) await compareSizes(bench, logs, { smallest, sizes: [sizes[0]!, largest] });
}

async function measureAt(bench: Bench, logs: PastLogs): Promise<void> {
  const count = logs.runIds.length;
  const rounds = bench.quick ? 10 : 25;
  for (const { name, words, target, grep } of questionsTo(logs)) {
    const samples = await interleaved(rounds, {
      answer: () => wallMs(ask(bench, logs.db, words)),
      empty: () => wallMs({ argv: [bench.empty] }),
      grep: () => (grep ? wallMs({ argv: ["grep", "-c", grep.word, grep.file], stdout: join(bench.dir, "out") }) : 0),
    });
    const title = `${count} runs: ${name}`;
    bench.add({
      name: title,
      samples: samples.answer,
      against: { name: "empty program", samples: samples.empty },
      target,
    });
    if (grep)
      bench.add({
        name: title,
        samples: samples.answer,
        against: { name: "grep -c in its log", samples: samples.grep },
      });
  }
  for (const word of [FREQUENT_WORD, RARE_WORD]) {
    const words = ["search", "--query", word, "--all-runs", "--limit", "100"];
    const samples = await interleaved(bench.quick ? 2 : 3, {
      answer: () => wallMs(ask(bench, logs.db, words)),
      grep: () => wallMs({ argv: ["grep", "-rc", word, logs.files], stdout: join(bench.dir, "out") }),
    });
    const against = { name: `grep -c in all ${readableSize(logs.bytes)}`, samples: samples.grep };
    bench.add({ name: `${count} runs: search ${word}, --all-runs`, samples: samples.answer, against });
  }
}

/** Pairs of the same question, to the database when it was small and to the large one. */
async function compareSizes(
  bench: Bench,
  logs: PastLogs,
  { smallest, sizes: [few, many] }: { smallest: string; sizes: [number, number] },
): Promise<void> {
  const newest = logs.runIds[few - 1]!;
  for (const { name, words } of questionsTo(logs)) {
    const small = words.map((word) => (word === logs.runIds.at(-1) ? newest : word));
    const samples = await interleaved(bench.quick ? 10 : 25, {
      many: () => wallMs(ask(bench, logs.db, words)),
      few: () => wallMs(ask(bench, smallest, small)),
    });
    bench.add({
      name: `${few} to ${many} runs: ${name}`,
      samples: samples.many,
      against: { name: `with ${few} runs`, samples: samples.few },
      target: GROWTH_TARGET,
    });
  }
}

function questionsTo(logs: PastLogs): Question[] {
  const ends = [
    { which: "newest", number: logs.runIds.length - 1 },
    { which: "oldest", number: 0 },
  ];
  const searches = ends.flatMap(({ which, number }) =>
    [FREQUENT_WORD, RARE_WORD].map((word) => ({
      name: `search ${word}, ${which} run`,
      words: ["search", "--query", word, "--run-id", logs.runIds[number]!],
      target: SEARCH_TARGET,
      grep: { word, file: logs.fileOf(number) },
    })),
  );
  const everywhere = { [FREQUENT_WORD]: FREQUENT_WORD, [RARE_WORD]: RARE_WORD, "a word of one run": ownWordOf(0) };
  const allRuns = Object.entries(everywhere).map(([what, word]) => ({
    name: `search ${what}, --all-runs`,
    words: ["search", "--query", word, "--all-runs", "--limit", "100"],
    target: ALL_RUNS_TARGET,
  }));
  const reports = ["summary", "failures", "timings"].map((name) => ({ name, words: [name], target: REPORT_TARGET }));
  return [...searches, ...allRuns, ...reports];
}

function ask(bench: Bench, db: string, words: readonly string[]): Command {
  return { argv: [bench.program, ...words, "--db", db], stdout: join(bench.dir, "answer") };
}

/** Search must find what grep finds, or a fast answer means nothing. */
function checkCounts(bench: Bench, logs: PastLogs): void {
  for (const { words, grep } of questionsTo(logs)) {
    if (!grep) continue;
    const found =
      textOf(ask(bench, logs.db, [...words, "--limit", "-1", "--select", "line_num"])).split("\n").length - 1;
    const expected = Number(textOf({ argv: ["grep", "-c", grep.word, grep.file] }));
    if (found !== expected) throw new ScriptError(`${words.join(" ")}: ${found} lines, but grep finds ${expected}`);
  }
}

/** Writes to the disk now, and not during a measurement. */
function settle(db: string): void {
  const fd = openSync(db, "r+");
  fsyncSync(fd);
  closeSync(fd);
}
