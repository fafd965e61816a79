import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { History, type PastStep } from "./history.ts";
import { logLines } from "./log-lines.ts";

const LINES_A_RUN = 10_000;
const STEPS_A_RUN = 5;
/** Of each step's 2,000 lines. */
const STDERR_LINES = 100;
/** Runs of one suite print much the same, so this many different logs are used in turn. */
const VARIANTS = 10;
const LINE_BYTES = 64;
/** The number of runs in one transaction of the writer. */
const LOT = 50;

/** A rare word: in one line of every run, and in no other line. */
export const RARE_WORD = "deadlock";

/** A word that only run `number` has, in the line with the rare one. */
export function ownWordOf(number: number): string {
  return `ticket${String(number).padStart(6, "0")}`;
}

/** A database with a long history, and the same logs as files, one for each run. */
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
      await Bun.sleep(0); // lets a signal be noticed
    }
    history.close();
  }

  /** The log of run `number` as a file. */
  fileOf(number: number): string {
    return join(this.files, `run-${String(number).padStart(6, "0")}.log`);
  }

  async #addRun(history: History, number: number): Promise<string> {
    const lines = [...this.#variants[number % VARIANTS]!];
    // The place varies, so that it is not always the same line.
    const rareAt = (number * 1009) % LINES_A_RUN;
    lines[rareAt] = `00:00:00.000 ERROR ledger: ${RARE_WORD} in transaction, ${ownWordOf(number)}`.padEnd(
      LINE_BYTES - 1,
    );
    writeFileSync(this.fileOf(number), `${lines.join("\n")}\n`);
    return await history.addRun(stepsOf(lines));
  }
}

/** The last step but one fails, so that `failures` has an answer. */
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
