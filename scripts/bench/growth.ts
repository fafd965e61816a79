import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { History, type PastStep } from "./history.ts";
import { wallMs } from "./process.ts";
import { interleaved } from "./samples.ts";
import { type Bench, Recording } from "./setup.ts";

const STEPS = [100, 1000, 10_000];
const ARTIFACTS = 50_000;
const STEPS_OF_OTHER_RUNS = 100;
const FLAT = { of: "ratio", atMost: 1.2 } as const;

/** Measures whether a step gets slower the more steps there are: real steps, after many that the store was given. */
export async function measureGrowth(bench: Bench): Promise<void> {
  const rounds = bench.quick ? 20 : 100;
  const step = [Bun.which("true") ?? "/bin/true"];
  const first = new Recording(bench, "growth-0");
  const later: Record<string, Recording> = {};
  let longest = first;
  for (const steps of bench.quick ? STEPS.slice(0, 2) : STEPS) {
    longest = await recordingAfter(bench, steps, 1);
    later[`a step after ${steps} of its run`] = longest;
  }
  const runs = ARTIFACTS / 2 / STEPS_OF_OTHER_RUNS;
  later[`a step beside ${ARTIFACTS} artifacts`] = await recordingAfter(bench, STEPS_OF_OTHER_RUNS, runs);

  const samples: Record<string, number[]> = await interleaved<string>(rounds, {
    first: () => wallMs(first.exec(step)),
    ...Object.fromEntries(
      Object.entries(later).map(([name, recording]) => [name, () => wallMs(recording.exec(step))] as const),
    ),
  });
  const against = { name: `the first ${rounds} of a run`, samples: samples.first! };
  for (const name of Object.keys(later)) bench.add({ name, samples: samples[name]!, against, target: FLAT });

  for (const verb of ["summary", "failures", "timings"]) {
    const words = [verb, "--run-id", longest.runId];
    const reports = await interleaved(bench.quick ? 10 : 25, {
      long: () => wallMs(longest.verb(...words)),
      short: () => wallMs(first.verb(verb, "--run-id", first.runId)),
    });
    const short = { name: `of a run of ${rounds + 1}`, samples: reports.short };
    bench.add({ name: `${verb} of a run of ${longest.steps}`, samples: reports.long, against: short });
  }
  for (const recording of [first, ...Object.values(later)]) recording.remove();
}

/** A database with `runs` runs of `steps` steps, the last of which is still recorded. */
async function recordingAfter(bench: Bench, steps: number, runs: number): Promise<Recording> {
  const name = `growth-${steps}-${runs}`;
  mkdirSync(join(bench.dir, name));
  const history = new History(join(bench.dir, name, "runs.db"));
  const ids = await history.add(async () => {
    const added: string[] = [];
    for (let run = 0; run < runs; run++) added.push(await history.addRun(pastSteps(steps)));
    return added;
  });
  history.close();
  return new Recording(bench, name, { runId: ids.at(-1)!, steps });
}

/** Every tenth step fails. */
function* pastSteps(count: number): Generator<PastStep> {
  for (let num = 1; num <= count; num++) {
    const failed = num % 10 === 0;
    yield { num, exitCode: failed ? 1 : 0, stdout: [`step ${num} done`], stderr: failed ? [`step ${num} failed`] : [] };
  }
}
