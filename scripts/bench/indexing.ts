import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ScriptError } from "../build/project.ts";
import { ChildClock } from "./child-clock.ts";
import { logLines, nextLines } from "./log-lines.ts";
import { peakBytes, textOf, wallMs } from "./process.ts";
import { interleaved } from "./samples.ts";
import { type Bench, Recording } from "./setup.ts";
import { UsualWay } from "./sqlite3.ts";

const LINE_BYTES = 117;
const LOG = { seed: 1, lineBytes: LINE_BYTES };
/** The output of a slow step in a second. */
const SLOW_BYTES = 10_000_000;
/** 0.38 x the Go build's 11 to 13 s is 0.38 x 12 s; 0.97 x its 288 MB. Both hold for 100 MB of log only. */
const AFTER_TARGET = { of: "value", atMost: 4560 } as const;
const SIZE_TARGET = { of: "value", atMost: 0.97 * 288e6 } as const;

interface Load {
  readonly log: string;
  readonly lines: number;
  /** Of the log: `99 MB`. */
  readonly size: string;
}

/** Measures the work that is left after a step that printed a lot: everything until its caller continues. */
export async function measureIndexing(bench: Bench): Promise<void> {
  const lines = bench.quick ? 170_000 : 850_000;
  const load = { log: join(bench.dir, "large.log"), lines, size: `${Math.round((lines * LINE_BYTES) / 1e6)} MB` };
  writeLog(load);
  const recording = await measureAtOnce(bench, load);
  const clock = new ChildClock(bench.dir);
  const slow: number[] = [];
  for (let i = 0; i < (bench.quick ? 1 : 2); i++) {
    wallMs(recording.exec(clock.step(slowly(load))));
    slow.push(clock.sinceEndMs());
  }
  bench.add({ name: `${load.size} at 10 MB/s, after the step's end`, samples: slow });
  const peak = await peakBytes(recording.exec(["cat", load.log]), bench.dir);
  if (peak !== undefined) {
    bench.add({ name: "peak memory", unit: "bytes", samples: [peak], target: { of: "value", atMost: 150e6 } });
  }
  recording.remove();
}

/** Each round uses a new database. Returns the last one. */
async function measureAtOnce(bench: Bench, { log, lines, size }: Load): Promise<Recording> {
  const clock = new ChildClock(bench.dir);
  const write = `cat '${log}'`;
  const copy = join(bench.dir, "copy");
  const inPipeline = { argv: ["sh", "-c", `{ ${clock.script(write)}; } | cat >"$2"`, ...clock.arguments, copy] };
  const usual = Bun.which("sqlite3") === null ? undefined : new UsualWay(bench.dir, log);
  if (!usual) bench.say("no sqlite3 program here: its pairs are left out");

  let recording = new Recording(bench, "index-0");
  let round = 0;
  const samples = await interleaved(
    bench.quick ? 2 : 3,
    {
      after: () => {
        recording.remove();
        recording = new Recording(bench, `index-${++round}`);
        wallMs(recording.exec(clock.step(write)));
        return clock.sinceEndMs();
      },
      step: () => clock.durationMs(),
      bytes: () => statSync(recording.db).size,
      inPipeline: () => {
        wallMs(inPipeline);
        rmSync(copy);
        return clock.durationMs();
      },
      usual: () => (usual ? wallMs({ argv: usual.argv }) : 0),
      usualBytes: () => usual?.sizeBytes() ?? 0,
    },
    { warmUp: false },
  );
  checkLines(recording, lines);
  usual?.check(lines);

  const against = (name: string, of: readonly number[]) => (usual ? { against: { name, samples: of } } : {});
  bench.add({
    name: `${size} at once, after the step's end`,
    samples: samples.after,
    ...against("sqlite3 .import", samples.usual),
    ...(bench.quick ? {} : { target: AFTER_TARGET }),
  });
  bench.add({
    name: "the step's own duration",
    samples: samples.step,
    against: { name: "in | cat >file", samples: samples.inPipeline },
    target: { of: "ratio", atMost: 1.1 },
  });
  bench.add({
    name: "database",
    unit: "bytes",
    samples: samples.bytes,
    ...against("sqlite3's", samples.usualBytes),
    ...(bench.quick ? {} : { target: SIZE_TARGET }),
  });
  return recording;
}

function writeLog({ log, lines: count }: Load): void {
  const lines = logLines(LOG);
  const fd = openSync(log, "w");
  try {
    for (let written = 0; written < count; written += 10_000) writeSync(fd, nextLines(lines, 10_000));
  } finally {
    closeSync(fd);
  }
}

/** Prints the share of a tenth of a second at a time, for the shell. Copying takes a little of each tenth. */
function slowly({ log, lines }: Load): string {
  const share = SLOW_BYTES / 10;
  const shares = Math.ceil((lines * LINE_BYTES) / share);
  return `i=0; while [ $i -lt ${shares} ]; do dd if='${log}' bs=${share} skip=$i count=1 2>/dev/null; sleep 0.098; i=$((i + 1)); done`;
}

/** Throws if lines are missing: speed means nothing then. */
function checkLines(recording: Recording, expected: number): void {
  const [, count] =
    textOf({ argv: recording.verb("capabilities", "--select", "db_indexed_lines").argv }).match(/^(\d+)$/m) ?? [];
  if (count !== String(expected)) throw new ScriptError(`the index has ${count} lines, not ${expected}`);
}
