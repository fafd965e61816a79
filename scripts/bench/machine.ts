import { Database } from "bun:sqlite";
import { readFileSync, statfsSync } from "node:fs";
import os from "node:os";
import { textOf } from "./process.ts";

/** The machine that the figures belong to. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** The type of the temporary directory's file system. */
  readonly fileSystem: string;
  readonly bun: string;
  /** The version in the executable, as its Bun tells it. */
  readonly sqlite: string;
  /** Of the sqlite3 program; null without one. */
  readonly sqlite3: string | null;
  /** Of the last 1, 5 and 15 minutes, before anything was measured. */
  readonly loadAverage: readonly number[];
}

export function describeMachine(dir: string): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() || os.arch(),
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    kernel: `${os.type()} ${os.release()}`,
    fileSystem: fileSystemOf(dir),
    bun: Bun.version,
    sqlite: ownSqlite(),
    sqlite3: Bun.which("sqlite3") === null ? null : textOf({ argv: ["sqlite3", "--version"] }).split(" ")[0]!,
    loadAverage: os.loadavg(),
  };
}

export function sentencesOn(machine: Machine): string[] {
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(1);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GiB of memory; ${machine.kernel}; files on ${machine.fileSystem}`,
    `Bun ${machine.bun} with SQLite ${machine.sqlite}; sqlite3 program: ${machine.sqlite3 ?? "none"}`,
    `load average ${machine.loadAverage.map((load) => load.toFixed(2)).join(" ")}`,
  ];
}

export function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

/** The load of other programs on this machine during the measurements. */
export class Neighbours {
  readonly #startedAt = Bun.nanoseconds();
  readonly #ticks = othersTicks();

  /** The cores that they have used on average since this object was made; undefined without /proc. */
  cores(): number | undefined {
    const ticks = othersTicks();
    if (ticks === undefined || this.#ticks === undefined) return undefined;
    const seconds = (Bun.nanoseconds() - this.#startedAt) / 1e9;
    return Math.max(0, (ticks - this.#ticks) / TICKS_PER_SECOND / seconds);
  }
}

/** USER_HZ, which is 100 on every platform of Bun. */
const TICKS_PER_SECOND = 100;

/** The CPU time of all other processes, and what a hypervisor took: without this process and its reaped children. */
function othersTicks(): number | undefined {
  try {
    const all = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.split(/\s+/).slice(1).map(Number);
    const [user, nice, system, , , irq, softirq, steal] = all as number[];
    const own = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")
      .slice(11, 15)
      .map(Number);
    const busy = user! + nice! + system! + irq! + softirq! + steal!;
    return busy - own.reduce((sum, ticks) => sum + ticks, 0);
  } catch {
    return undefined;
  }
}

/** The type of the nearest mount above: statfs(2) has a number only. */
function fileSystemOf(dir: string): string {
  try {
    const mounts = readFileSync("/proc/self/mounts", "utf8").trimEnd().split("\n");
    const above = mounts
      .map((line) => line.split(" "))
      .filter(([, at]) => at === "/" || dir === at || dir.startsWith(`${at}/`))
      .sort(([, a], [, b]) => a!.length - b!.length);
    return above.at(-1)?.[2] ?? "unknown";
  } catch {
    return "unknown";
  }
}

function ownSqlite(): string {
  const db = new Database(":memory:");
  try {
    return String(db.query("SELECT sqlite_version()").values()[0]?.[0]);
  } finally {
    db.close();
  }
}
