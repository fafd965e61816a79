/**
 * Runs cases of one kind, one after another, in a separate process: the case whose number was written last is the one that
 * hangs or kills it. `runCases` starts it with stdout and stderr as files, which hold one call's output at a time.
 */
import fs from "node:fs";
import { main } from "../../src/cli/main.ts";
import * as commandLine from "./command-line-cases.ts";
import * as database from "./database-cases.ts";
import type { Answer } from "./judge.ts";

/** A kind of cases: yields what is wrong, as text, for each call of case `number`. */
export type Cases = (order: Order, call: Call) => (number: number) => AsyncGenerator<string | undefined>;

/** Calls the program in this process. */
export type Call = (argv: readonly string[]) => Promise<Answer>;

export interface Order {
  readonly kind: keyof typeof kinds;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Must be empty: the process works in there. */
  readonly dir: string;
  /** A directory as `makeTemplate` makes it. */
  readonly template: string;
  /** Lines of JSON go there: a number when a case begins, `{ fault }`, `{ calls }` at the end. */
  readonly progress: string;
}

const kinds = { commandLine: commandLine.cases, database: database.cases };

if (import.meta.main) await run(JSON.parse(process.argv[2]!));

async function run(order: Order): Promise<void> {
  const say = (line: unknown) => fs.appendFileSync(order.progress, `${JSON.stringify(line)}\n`);
  process.chdir(order.dir);
  const cases = kinds[order.kind](order, call);
  let calls = 0;
  for (let number = order.first; number < order.first + order.count; number++) {
    say(number);
    for await (const fault of cases(number)) {
      calls++;
      if (fault !== undefined) say({ number, fault });
    }
  }
  say({ calls });
}

async function call(argv: readonly string[]): Promise<Answer> {
  const end = await main(argv);
  return { stdout: take(1), stderr: take(2), code: typeof end === "number" ? end : -1 };
}

/** What was printed since the last call, from a file that is open for appending. */
function take(fd: number): string {
  const length = fs.fstatSync(fd).size;
  if (length === 0) return "";
  const bytes = fs.readFileSync(`/proc/self/fd/${fd}`);
  fs.ftruncateSync(fd, 0);
  return bytes.toString("utf8");
}
