import { rmSync } from "node:fs";
import { join } from "node:path";
import { ChildClock } from "./child-clock.ts";
import { peakBytes, textOf, wallMs } from "./process.ts";
import { interleaved } from "./samples.ts";
import { type Bench, Recording } from "./setup.ts";

/** Measures what a large output costs if it is kept and hashed, but not indexed, and whether it slows the step down. */
export async function measureBytes(bench: Bench): Promise<void> {
  const recording = new Recording(bench, "bytes");
  const megabytes = bench.quick ? 256 : 1024;
  const size = megabytes === 1024 ? "1 GB" : `${megabytes} MB`;
  const rounds = bench.quick ? 3 : 5;
  const clock = new ChildClock(bench.dir);
  const write = `head -c ${megabytes * 2 ** 20} /dev/zero`;
  const file = join(bench.dir, "copy");
  const unindexed = indexingOff(bench);

  const cat = { argv: ["sh", "-c", `{ ${clock.script(write)}; } | cat >"$2"`, ...clock.arguments, file] };
  const samples = await interleaved(rounds, {
    exec: () => {
      const ms = wallMs(recording.exec(clock.step(write), unindexed.flags, unindexed.environment));
      // The file is deleted before the kernel writes it: the disk is not measured.
      rmSync(recording.log);
      return ms;
    },
    step: () => clock.durationMs(),
    cat: () => wallMs(cat),
    stepInCat: () => clock.durationMs(),
    sha256: () => {
      const ms = wallMs({ argv: ["sha256sum", file] });
      rmSync(file);
      return ms;
    },
  });
  const limit = { name: "| cat >file", samples: samples.cat };
  bench.add({
    name: `${size} through exec`,
    samples: samples.exec,
    against: limit,
    target: { of: "ratio", atMost: 1.15 },
  });
  const hash = { name: "sha256sum file", samples: samples.sha256 };
  bench.add({ name: `${size} through exec`, samples: samples.exec, against: hash });
  bench.add({
    name: "the step's own duration",
    samples: samples.step,
    against: { name: "in | cat >file", samples: samples.stepInCat },
    target: { of: "ratio", atMost: 1.1 },
  });

  const peak = await peakBytes(recording.exec(clock.step(write), unindexed.flags, unindexed.environment), bench.dir);
  if (peak !== undefined) {
    bench.add({ name: "peak memory", unit: "bytes", samples: [peak], target: { of: "value", atMost: 100e6 } });
  }
  recording.remove();
}

/** By the flag, or for a build without the flag, as if there were no FTS5. */
function indexingOff({ program }: Bench): { flags: string[]; environment: Record<string, string> } {
  const help = textOf({ argv: [program, "exec", "--help"] });
  if (/--index\b/.test(help)) return { flags: ["--index", "none"], environment: {} };
  return { flags: [], environment: { SCENARIOLOG_NO_FTS5: "1" } };
}
