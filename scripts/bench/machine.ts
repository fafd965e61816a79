import { Database } from "bun:sqlite";
import { readFileSync, statfsSync } from "node:fs";
import os from "node:os";
import { textOf } from "./process.ts";

/** What the figures belong to. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Of the temporary directory: its type. */
  readonly fileSystem: string;
  readonly bun: string;
  /** In the executable, by way of its Bun. */
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

/** What the other programs on this machine do while we measure. */
export class Neighbours {
  readonly #startedAt = Bun.nanoseconds();
  readonly #ticks = othersTicks();

  /** Cores that they have used on average since this was made; undefined where there is no /proc. */
  cores(): number | undefined {
    const ticks = othersTicks();
    if (ticks === undefined || this.#ticks === undefined) return undefined;
    const seconds = (Bun.nanoseconds() - this.#startedAt) / 1e9;
    return Math.max(0, (ticks - this.#ticks) / TICKS_PER_SECOND / seconds);
  }
}

/** USER_HZ, which is 100 on every platform that Bun has. */
const TICKS_PER_SECOND = 100;

/** CPU time of all processes but us and the children that we have waited for, and what a hypervisor took. */
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

/** From the mount that lies nearest above: statfs(2) has a number only. */
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
