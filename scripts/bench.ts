/**
 * `bun run bench` measures what a step, a large output, an index and an answer cost, with real processes and files, against
 * a lower bound or the usual alternative; the two alternate within one run. It prints a table on stdout and writes the same
 * as JSON to `dist/bench-results.json`, or to FILE with `--json FILE`. `--only step|crowd|bytes|index|answer|growth|size`,
 * repeatable, measures these parts alone. `--quick` takes fewer and smaller samples, in a minute or two.
 *
 * Figures of two machines do not compare, and those of a busy one mean little: the output names the machine and its load.
 */
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { measureAnswers } from "./bench/answers.ts";
import { measureBytes } from "./bench/bytes.ts";
import { measureCrowds } from "./bench/crowd.ts";
import { measureGrowth } from "./bench/growth.ts";
import { measureIndexing } from "./bench/indexing.ts";
import { describeMachine, Neighbours, sentencesOn } from "./bench/machine.ts";
import { isNoisy, type Result, resultOf, tableOf } from "./bench/results.ts";
import { type Bench, newFolder, preparePrograms } from "./bench/setup.ts";
import { measureSizes } from "./bench/sizes.ts";
import { measureSteps } from "./bench/steps.ts";
import { requirePinnedBun, root, runScript, ScriptError } from "./build/project.ts";

const parts: Record<string, { title: string; measure: (bench: Bench) => Promise<void> }> = {
  step: { title: "A step", measure: measureSteps },
  crowd: { title: "Steps at once", measure: measureCrowds },
  bytes: { title: "Bytes", measure: measureBytes },
  index: { title: "An index", measure: measureIndexing },
  answer: { title: "An answer", measure: measureAnswers },
  growth: { title: "Growth", measure: measureGrowth },
  size: { title: "Sizes", measure: measureSizes },
};

/** The time limit of the whole benchmark. */
const SECONDS = 600;

/** From this load on, other programs show in the figures. */
const BUSY_CORES = 0.2;
const BUSY_LOAD = 0.5;

await runScript("bench", async () => {
  const options = readOptions();
  requirePinnedBun();
  if (process.platform === "win32") throw new ScriptError("the benchmark needs programs of Unix: run it in WSL");
  const dir = newFolder();
  const clean = () => rmSync(dir, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      clean();
      process.kill(process.pid, signal);
    });
  }
  try {
    await runIn(dir, options);
  } finally {
    clean();
  }
  return 0;
});

async function runIn(dir: string, options: ReturnType<typeof readOptions>): Promise<void> {
  const startedAt = Bun.nanoseconds();
  const machine = describeMachine(dir);
  const programs = await preparePrograms(dir);
  for (const sentence of sentencesOn(machine)) console.log(sentence);

  const neighbours = new Neighbours();
  const results: Result[] = [];
  const notes: string[] = [];
  const load = machine.loadAverage[0]!;
  if (load > BUSY_LOAD) notes.push(`WARNING, the machine was not quiet to begin with: load average ${load.toFixed(2)}`);
  for (const name of options.only) {
    const { title, measure } = parts[name]!;
    const beside = new Neighbours();
    const before = results.length;
    console.error(`measuring: ${name}`);
    await measure({
      dir,
      ...programs,
      quick: options.quick,
      secondsLeft: () => SECONDS - (Bun.nanoseconds() - startedAt) / 1e9,
      add: (measured) => results.push(resultOf(title, measured)),
      say: (text) => notes.push(`${name}: ${text}`),
    });
    const busy = beside.cores();
    if (busy !== undefined && busy > BUSY_CORES && results.length > before) notes.push(busyNote(name, busy));
  }

  const othersCores = neighbours.cores() ?? null;
  console.log(`\n${tableOf(results)}`);
  for (const note of notes) console.log(note);
  if (results.some(isNoisy))
    console.log("~: WARNING, the middle half of the ratios spans over a quarter of their median");
  const seconds = Math.round((Bun.nanoseconds() - startedAt) / 1e9);
  mkdirSync(dirname(options.json), { recursive: true });
  await Bun.write(
    options.json,
    `${JSON.stringify({ machine, quick: options.quick, seconds, othersCores, notes, results }, null, 2)}\n`,
  );
  console.log(`${seconds} s; as JSON in ${options.json}`);
}

function busyNote(name: string, cores: number): string {
  return `${name}: WARNING, the machine is not quiet: other programs used ${cores.toFixed(2)} cores meanwhile`;
}

function readOptions(): { quick: boolean; only: string[]; json: string } {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: Object.keys(parts) },
        json: { type: "string", default: join(root, "dist/bench-results.json") },
      },
    });
    const unknown = values.only.find((name) => !(name in parts));
    if (unknown !== undefined) {
      throw new ScriptError(`no part ${JSON.stringify(unknown)}: there are ${Object.keys(parts).join(", ")}`);
    }
    return { ...values, json: resolve(values.json) };
  } catch (error) {
    if (error instanceof ScriptError) throw error;
    throw new ScriptError(`${(error as Error).message.split(". ")[0]}: see the top of scripts/bench.ts`);
  }
}
