import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, ScriptError } from "../build/project.ts";
import { environment } from "./process.ts";
import { type Bench, compileProgram, Recording } from "./setup.ts";

const SMALL = 4;
const CROWD = 150;
const COUNTS = [1, SMALL, 16, 64, CROWD, 400];
const QUICK_COUNTS = [1, SMALL, CROWD];
const WALL_TARGET = { of: "ratio", atMost: 1.3 } as const;
/** A step of a crowd takes at most this many times the CPU of a step among a few: waiting costs nothing. */
const CPU_TARGET = { of: "ratio", atMost: 1.5 } as const;

const programs = join(root, "scripts/bench/programs");

interface Crowd {
  readonly wallMs: number;
  readonly cpuMsPerStep: number;
}

interface Writer {
  readonly writes: number;
  readonly refused: number;
  readonly longestMs: number;
}

/**
 * Measures many steps that start at the same moment and record into one database, while another program writes to it,
 * against the least that a recorder in Bun can do.
 */
export async function measureCrowds(bench: Bench): Promise<void> {
  const minimal = await compileProgram(join(programs, "minimal-recorder.ts"), join(bench.dir, "minimal-recorder"));
  const writer = await compileProgram(join(programs, "foreign-writer.ts"), join(bench.dir, "foreign-writer"));
  const cpu = new Map<number, number[]>();
  const waits: Writer[] = [];
  for (const count of bench.quick ? QUICK_COUNTS : COUNTS) {
    const ours: Crowd[] = [];
    const least: Crowd[] = [];
    for (let round = 0; round < (count > CROWD ? 1 : 3); round++) {
      await inRecording(bench, async (recording) => {
        const beside = startWriter(writer, recording);
        ours.push(await runCrowd(recording, count, () => recording.exec(["seq", "1"]).argv));
        waits.push(await beside.end());
      });
      await inRecording(bench, async (recording) => {
        const { db, runId } = recording;
        least.push(
          await runCrowd(recording, count, (number) => [minimal, db, runId, String(number), "--", "seq", "1"]),
        );
      });
    }
    const name = `${count} at once`;
    const wallMs = (crowds: readonly Crowd[]) => crowds.map((crowd) => crowd.wallMs);
    bench.add({
      name,
      samples: wallMs(ours),
      against: { name: "minimal program", samples: wallMs(least) },
      target: WALL_TARGET,
    });
    const cpuMs = (crowds: readonly Crowd[]) => crowds.map((crowd) => crowd.cpuMsPerStep);
    cpu.set(count, cpuMs(ours));
    const few = cpu.get(SMALL);
    bench.add({
      name: `${name}, CPU a step`,
      samples: cpuMs(ours),
      against: { name: "minimal program", samples: cpuMs(least) },
    });
    if (few === undefined || count === SMALL) continue;
    const samples = cpuMs(ours);
    const against = { name: `${SMALL} at once`, samples: samples.map((_, i) => few[i]!) };
    bench.add({
      name: `${name}, CPU a step`,
      samples,
      against,
      ...(count === CROWD ? { target: CPU_TARGET } : {}),
    });
  }
  const sum = (of: (writer: Writer) => number) => waits.reduce((total, one) => total + of(one), 0);
  const longestMs = Math.max(...waits.map((one) => one.longestMs));
  bench.say(
    `another program's writes beside them: ${sum((one) => one.writes)}, of which ${sum((one) => one.refused)} were refused; the longest took ${longestMs} ms`,
  );
}

async function inRecording(bench: Bench, work: (recording: Recording) => Promise<void>): Promise<void> {
  const recording = new Recording(bench, "crowd");
  mkdirSync(join(recording.dir, "logs"), { recursive: true });
  try {
    await work(recording);
  } finally {
    recording.remove();
  }
}

/** Throws if a step was not recorded in full: speed means nothing if rows are lost. */
async function runCrowd(
  { db }: Recording,
  count: number,
  argvOf: (number: number) => readonly string[],
): Promise<Crowd> {
  const startedAt = Bun.nanoseconds();
  const steps = Array.from({ length: count }, (_, i) =>
    Bun.spawn([...argvOf(i + 1)], { env: environment({ argv: [] }), stdio: ["ignore", "ignore", "ignore"] }),
  );
  await Promise.all(steps.map((step) => step.exited));
  const wallMs = (Bun.nanoseconds() - startedAt) / 1e6;
  const cpuMs = steps.reduce((sum, step) => sum + Number(step.resourceUsage()!.cpuTime.total) / 1e3, 0);
  const handle = new Database(db, { readonly: true });
  const numberOf = (sql: string) => Number(handle.query(sql).values()[0]![0]);
  const closed = numberOf("SELECT count(*) FROM steps WHERE exit_code = 0");
  const lines = numberOf("SELECT count(*) FROM log_lines_fts_docsize");
  handle.close();
  if (closed !== count || lines !== count) {
    throw new ScriptError(`of ${count} steps at once, ${closed} were closed, and ${lines} lines are indexed`);
  }
  return { wallMs, cpuMsPerStep: cpuMs / count };
}

function startWriter(program: string, { db, runId }: Recording): { end(): Promise<Writer> } {
  const child = Bun.spawn([program, db, runId], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  return {
    async end() {
      child.stdin.end();
      return JSON.parse(await child.stdout.text());
    },
  };
}
