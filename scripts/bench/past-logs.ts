import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { History, type PastStep } from "./history.ts";
import { logLines } from "./log-lines.ts";

const LINES_A_RUN = 10_000;
const STEPS_A_RUN = 5;
/** Of each step's 2,000 lines. */
const STDERR_LINES = 100;
/** What the runs of one suite print is much alike: so many different ones, in turn. */
const VARIANTS = 10;
const LINE_BYTES = 64;
/** Runs in a transaction of the writer. */
const LOT = 50;

/** In one line of every run, and in no other. */
export const RARE_WORD = "deadlock";

/** A word that only run `number` has, in the line with the rare one. */
export function ownWordOf(number: number): string {
  return `ticket${String(number).padStart(6, "0")}`;
}

/** A database with a long past, and the same logs as files, one a run. */
export class PastLogs {
  /** Of the runs, oldest first. */
  readonly runIds: string[] = [];
  readonly files: string;
  readonly #variants: string[][];

  constructor(
    readonly db: string,
    dir: string,
  ) {
    this.files = join(dir, "logs");
    mkdirSync(this.files);
    const lines = logLines({ seed: 2, lineBytes: LINE_BYTES });
    this.#variants = Array.from({ length: VARIANTS }, () =>
      Array.from({ length: LINES_A_RUN }, () => lines.next().value),
    );
  }

  get bytes(): number {
    return this.runIds.length * LINES_A_RUN * LINE_BYTES;
  }

  /** Adds runs until there are `count`. */
  async growTo(count: number): Promise<void> {
    const history = new History(this.db);
    while (this.runIds.length < count) {
      const lot = Math.min(LOT, count - this.runIds.length);
      const ids = await history.add(async () => {
        const added: string[] = [];
        for (let i = 0; i < lot; i++) added.push(await this.#addRun(history, this.runIds.length + i));
        return added;
      });
      this.runIds.push(...ids);
      await Bun.sleep(0); // so that a signal is noticed
    }
    history.close();
  }

  /** The log of run `number` as a file. */
  fileOf(number: number): string {
    return join(this.files, `run-${String(number).padStart(6, "0")}.log`);
  }

  async #addRun(history: History, number: number): Promise<string> {
    const lines = [...this.#variants[number % VARIANTS]!];
    // Moves about, so that it is not always the same line.
    const rareAt = (number * 1009) % LINES_A_RUN;
    lines[rareAt] = `00:00:00.000 ERROR ledger: ${RARE_WORD} in transaction, ${ownWordOf(number)}`.padEnd(
      LINE_BYTES - 1,
    );
    writeFileSync(this.fileOf(number), `${lines.join("\n")}\n`);
    return await history.addRun(stepsOf(lines));
  }
}

/** The last but one fails, as something must for `failures` to have an answer. */
function* stepsOf(lines: readonly string[]): Generator<PastStep> {
  const share = LINES_A_RUN / STEPS_A_RUN;
  for (let step = 0; step < STEPS_A_RUN; step++) {
    const own = lines.slice(step * share, (step + 1) * share);
    yield {
      num: step + 1,
      exitCode: step === STEPS_A_RUN - 2 ? 1 : 0,
      stdout: own.slice(STDERR_LINES),
      stderr: own.slice(0, STDERR_LINES),
    };
  }
}
