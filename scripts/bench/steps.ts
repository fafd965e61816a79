import { join } from "node:path";
import { type Command, peakBytes, wallMs } from "./process.ts";
import { measureRecord } from "./recorded.ts";
import { interleaved } from "./samples.ts";
import { type Bench, Recording } from "./setup.ts";

/** The target is about this many bare redirects: the time of the Go build's plain form. */
const STEP_TARGET = { of: "ratio", atMost: 8 } as const;
/** 6 ms if an empty program takes 3. */
const VERB_TARGET = { of: "ratio", atMost: 2 } as const;
const MEMORY_TARGET = { of: "value", atMost: 60e6 } as const;

/** Measures what a caller pays for one small step, and for the verbs around it. */
export async function measureSteps(bench: Bench): Promise<void> {
  const recording = new Recording(bench, "steps");
  const rounds = bench.quick ? 30 : 150;
  const nothing = [Bun.which("true") ?? "/bin/true"];
  const bare: Command = { argv: nothing, stdout: join(bench.dir, "out"), stderr: join(bench.dir, "err") };
  const empty: Command = { argv: [bench.empty] };

  const step = await interleaved(rounds, {
    exec: () => wallMs(recording.exec(nothing)),
    bare: () => wallMs(bare),
    empty: () => wallMs(empty),
  });
  bench.add({
    name: "exec -- true",
    samples: step.exec,
    against: { name: "true >out 2>err", samples: step.bare },
    target: STEP_TARGET,
  });
  bench.add({ name: "exec -- true", samples: step.exec, against: { name: "empty program", samples: step.empty } });

  await measureRecord(bench);

  const where = ["--root-dir", recording.dir];
  const verbs: Record<string, Command> = {
    "run start": recording.verb("run", "start", ...where),
    "run end": recording.verb("run", "end", "--run-id", recording.runId),
    summary: recording.verb("summary", "--run-id", recording.runId),
  };
  for (const [name, verb] of Object.entries(verbs)) {
    const samples = await interleaved(rounds, { verb: () => wallMs(verb), empty: () => wallMs(empty) });
    const against = { name: "empty program", samples: samples.empty };
    bench.add({ name, samples: samples.verb, against, target: VERB_TARGET });
  }

  const programs: Record<string, () => Command> = {
    "exec -- true": () => recording.exec(nothing),
    ...Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, () => verb])),
    "empty program": () => empty,
  };
  for (const [name, command] of Object.entries(programs)) {
    const peaks: number[] = [];
    for (let i = 0; i < 5; i++) {
      const peak = await peakBytes(command(), bench.dir);
      if (peak !== undefined) peaks.push(peak);
    }
    if (peaks.length === 0) continue;
    const target = command() === empty ? {} : { target: MEMORY_TARGET };
    bench.add({ name: `${name}, peak memory`, unit: "bytes", samples: peaks, ...target });
  }
  recording.remove();
}
