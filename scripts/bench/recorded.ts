import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { wallMs } from "./process.ts";
import { interleaved } from "./samples.ts";
import { type Bench, Recording } from "./setup.ts";

/** The target: the time of a step of `record`, as a part of the time of a process of `exec`. */
const TARGET = { of: "ratio", atMost: 0.3 } as const;
/** Enough for the start of the program to cancel out in the difference to a suite of one. */
const STEPS = 25;

/** Measures what one more small step costs in a suite that `record` runs. */
export async function measureRecord(bench: Bench): Promise<void> {
  const recording = new Recording(bench, "recorded");
  const nothing = Bun.which("true") ?? "/bin/true";
  const suite = (steps: number) => {
    const dir = join(recording.dir, `suite-of-${steps}`);
    mkdirSync(dir);
    for (let i = 1; i <= steps; i++) symlinkSync(nothing, join(dir, `${i}-true`));
    const words = ["--db", recording.db, "--root-dir", recording.dir];
    return { argv: [bench.program, "record", ...words, dir], stderr: join(recording.dir, "console") };
  };
  const many = suite(STEPS + 1);
  const one = suite(1);
  const samples = await interleaved(bench.quick ? 10 : 40, {
    record: () => (wallMs(many) - wallMs(one)) / STEPS,
    exec: () => wallMs(recording.exec([nothing])),
  });
  bench.add({
    name: "a step of record",
    samples: samples.record,
    against: { name: "exec -- true", samples: samples.exec },
    target: TARGET,
  });
  rmSync(recording.dir, { recursive: true, force: true });
}
