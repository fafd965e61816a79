import { expect } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { cleanEnv, tempDir } from "../support/program.ts";
import type { Order } from "./runner.ts";

export const LONG = process.env.SCENARIOLOG_TEST_LONG === "1";

/** Each run has other cases. A failed run names its seed, and SCENARIOLOG_FUZZ_SEED repeats it. */
export const SEED = Number(process.env.SCENARIOLOG_FUZZ_SEED ?? Math.floor(Math.random() * 1e9));

/** No case takes nearly as long, even on a busy machine. */
const HANGS_MS = 60_000;
const RUNNERS = 2;

/** Runs `count` cases in separate processes, and expects that none of them breaks a rule. */
export async function runCases(kind: Order["kind"], count: number, template: string): Promise<void> {
  const share = Math.ceil(count / RUNNERS);
  const reports = await Promise.all(
    Array.from({ length: RUNNERS }, (_, i) =>
      runShare({ kind, seed: SEED, first: i * share, count: share, template, dir: "", progress: "" }),
    ),
  );
  console.log(`${kind}: ${reports.reduce((sum, { calls }) => sum + calls, 0)} calls in ${count} cases, seed ${SEED}`);
  expectNoFaults(reports.flatMap((report) => report.faults));
}

/** `work` for each number below `count`, two at a time. */
export async function inTurns(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const runner = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: RUNNERS }, runner));
}

/** Fails with the seed, and the first few of many. */
export function expectNoFaults(faults: readonly string[]): void {
  const again = `SCENARIOLOG_FUZZ_SEED=${SEED}`;
  const more = Math.max(0, faults.length - 10);
  expect({ again, faults: faults.slice(0, 10), more }).toEqual({ again, faults: [], more: 0 });
}

async function runShare(order: Order): Promise<{ calls: number; faults: string[] }> {
  const own = tempDir();
  const file = (name: string) => path.join(own, name);
  const full: Order = { ...order, dir: file("dir"), progress: file("progress") };
  fs.mkdirSync(full.dir);
  fs.writeFileSync(full.progress, "");
  const out = fs.openSync(file("stdout"), "a+");
  const err = fs.openSync(file("stderr"), "a+");
  const child = Bun.spawn([process.execPath, path.join(import.meta.dir, "runner.ts"), JSON.stringify(full)], {
    env: cleanEnv,
    stdin: "ignore",
    stdout: out,
    stderr: err,
  });
  const stuck = await watch(child, full.progress);
  const lines = fs.readFileSync(full.progress, "utf8").trim().split("\n");
  const reports = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  const faults = reports.filter((report) => report.fault).map(({ number, fault }) => `case ${number}: ${fault}`);
  const end = reports.at(-1);
  if (stuck) faults.push(`case ${end} hangs`);
  else if (end?.calls === undefined) {
    const said = fs.readFileSync(file("stderr"), "utf8").slice(-2000);
    faults.push(`case ${JSON.stringify(end)} ended the process: ${child.signalCode ?? child.exitCode} ${said}`);
  }
  fs.closeSync(out);
  fs.closeSync(err);
  return { calls: end?.calls ?? 0, faults };
}

/** Waits for the end. True if it was killed because no case had begun for too long. */
async function watch(child: Bun.Subprocess, progress: string): Promise<boolean> {
  let size = -1;
  let sinceMs = performance.now();
  let stuck = false;
  const timer = setInterval(() => {
    const now = fs.statSync(progress).size;
    if (now !== size) sinceMs = performance.now();
    size = now;
    stuck = performance.now() - sinceMs > HANGS_MS;
    if (stuck) child.kill("SIGKILL");
  }, 500);
  await child.exited;
  clearInterval(timer);
  return stuck;
}
