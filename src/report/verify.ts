import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import { type Allowance, Gate } from "../files/gate.ts";
import { hashOf } from "../files/hash.ts";
import { LOG_NAME } from "../files/log-name.ts";
import { storedPath } from "../files/paths.ts";
import { placeOf } from "../files/relocated-logs.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import { type Artifact, artifactsOf } from "../store/artifacts.ts";
import { isRecorded, type LogRow, logFilesOfRun } from "../store/log-files.ts";
import { findRun, type Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { realName } from "../sys/real-path.ts";

export interface Verified extends RowSet {
  /** Files that were to be checked. */
  readonly checked: number;
  /** Bytes of those that are as they were recorded. */
  readonly checkedBytes: number;
}

type Status = "missing" | "changed" | "moved" | "unrecorded" | "outside" | "unreadable";

interface Finding {
  readonly artifact: Artifact | null;
  readonly path: string;
  readonly status: Status;
  readonly detail: string;
}

/**
 * Checks the files of a run against the recorded sizes and hashes. There is one row for each file that is missing, changed or
 * moved, or that may not or cannot be read, and for each log file beside them that no run has recorded; none if all is well.
 */
export async function verify(store: Store, selector: string, allowance: Allowance): Promise<Verified> {
  const run = findRun(store, selector);
  const gate = new Gate(store, run, allowance);
  const artifacts = artifactsOf(store, run.run_id);
  const logs = logFilesOfRun(store, run.run_id);
  const logOf = new Map(logs.map((row) => [row.artifact_id, row]));
  const findings: Finding[] = [];
  let checkedBytes = 0;
  for (const artifact of artifacts) {
    const problem = await problemOf(gate, artifact);
    if (problem === null) {
      checkedBytes += artifact.size_bytes ?? 0;
      continue;
    }
    const moved = await movedTo(store, run, gate, logOf.get(artifact.artifact_id));
    findings.push({ artifact, path: String(artifact.path), ...(moved ?? problem) });
  }
  findings.push(...unrecorded(store, run, artifacts, logs, gate));
  return {
    columns: ["artifact_id", "step_id", "kind", "path", "status", "detail"],
    rows: findings.map(({ artifact, path, status, detail }): Cell[] => [
      artifact?.artifact_id ?? null,
      artifact?.step_id ?? null,
      artifact?.kind ?? null,
      path,
      status,
      detail,
    ]),
    checked: artifacts.length,
    checkedBytes,
  };
}

type Problem = Pick<Finding, "status" | "detail">;

async function problemOf(gate: Gate, artifact: Artifact): Promise<Problem | null> {
  const found = gate.find(artifact.path, "any");
  if ("problem" in found) return { status: found.problem, detail: found.reason };
  const { size_bytes: size, sha256 } = artifact;
  if (size !== null && found.sizeBytes !== size) {
    return { status: "changed", detail: `has ${found.sizeBytes} bytes, recorded are ${size}` };
  }
  try {
    const recorded = sha256 === null ? null : String(sha256).toLowerCase();
    if (recorded === null || (await hashOf(found.file, found.sizeBytes)) === recorded) return null;
  } catch (error) {
    return { status: "unreadable", detail: `cannot be read: ${systemCode(error) ?? error}` };
  }
  return { status: "changed", detail: "has another sha256 than was recorded" };
}

async function movedTo(store: Store, run: Run, gate: Gate, log: LogRow | undefined): Promise<Problem | null> {
  const place = log ? await placeOf(store, gate, log) : null;
  if (place === null || place === log?.file) return null;
  return {
    status: "moved",
    detail: `a run of another database moved it to ${storedPath(run.root_dir, place)}; run end notes that down`,
  };
}

/** Files with names of logs that no run knows, in the directories of the run's own logs. */
function unrecorded(
  store: Store,
  run: Run,
  artifacts: readonly Artifact[],
  logs: readonly LogRow[],
  gate: Gate,
): Finding[] {
  const stored = [...artifacts.map(({ path }) => path), ...logs.map(({ file }) => file)];
  const files = stored
    .flatMap((one) => gate.candidates(one))
    .filter((file) => LOG_NAME.test(path.basename(file)))
    .map((file) => [realName(file), file] as const)
    .filter(([real]) => gate.admits(real));
  const moved = logs.flatMap(({ file }) => {
    const found = gate.find(file, "any");
    return "problem" in found || gate.candidates(file).includes(found.file) ? [] : [{ file, real: found.file }];
  });
  const known = new Map([...files, ...moved.map(({ real }) => [real, real] as const)]);
  const dirs = new Map([...known].map(([real, file]) => [path.dirname(real), path.dirname(file)]));
  // The rows of a moved recording hold the names that its logs had.
  const recordedDirs = new Map(moved.map(({ file, real }) => [path.dirname(real), file.replace(/[^\\/]+$/, "")]));
  const isKnown = (real: string, name: string) =>
    known.has(path.join(real, name)) ||
    isRecorded(store, path.join(real, name)) ||
    (recordedDirs.has(real) && isRecorded(store, recordedDirs.get(real)! + name));
  return [...dirs].sort().flatMap(([real, dir]) =>
    logNamesIn(real)
      .filter((name) => !isKnown(real, name))
      .map((name): Finding => {
        const late = name.includes("-late");
        const detail = late ? "was written after its step had ended" : "no run of this database has recorded it";
        return { artifact: null, path: storedPath(run.root_dir, path.join(dir, name)), status: "unrecorded", detail };
      }),
  );
}

function logNamesIn(dir: string): string[] {
  try {
    return fs
      .readdirSync(dir)
      .sort()
      .filter((name) => LOG_NAME.test(name) && !isEmptyLate(path.join(dir, name)));
  } catch {
    return [];
  }
}

/** Of a process that was left behind holding its output open, and said nothing. */
function isEmptyLate(file: string): boolean {
  return file.includes("-late") && fs.lstatSync(file, { throwIfNoEntry: false })?.size === 0;
}
