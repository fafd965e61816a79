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
  /** Artifacts that were looked at. */
  readonly checked: number;
}

type Status = "missing" | "changed" | "moved" | "unrecorded" | "outside" | "unreadable";

interface Finding {
  readonly artifact: Artifact | null;
  readonly path: string;
  readonly status: Status;
  readonly detail: string;
}

/**
 * Checks the files of a run against the recorded sizes and hashes. One row for each that is missing, changed or moved,
 * that may not or cannot be read, and for each log file beside them that no run has recorded; none when all is well.
 */
export async function verify(store: Store, selector: string, allowance: Allowance): Promise<Verified> {
  const run = findRun(store, selector);
  const gate = new Gate(store, run, allowance);
  const artifacts = artifactsOf(store, run.run_id);
  const logs = logFilesOfRun(store, run.run_id);
  const logOf = new Map(logs.map((row) => [row.artifact_id, row]));
  const findings: Finding[] = [];
  for (const artifact of artifacts) {
    const problem = await problemOf(gate, artifact);
    if (problem === null) continue;
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
  };
}

type Problem = Pick<Finding, "status" | "detail">;

async function problemOf(gate: Gate, artifact: Artifact): Promise<Problem | null> {
  const found = gate.find(artifact.path);
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

/** Logs by their names, in the directories of the run's own, that no run knows. */
function unrecorded(
  store: Store,
  run: Run,
  artifacts: readonly Artifact[],
  logs: readonly LogRow[],
  gate: Gate,
): Finding[] {
  const files = [...artifacts.flatMap(({ path }) => gate.candidates(path)), ...logs.map(({ file }) => file)]
    .filter((file) => LOG_NAME.test(path.basename(file)))
    .map((file) => [realName(file), file] as const)
    .filter(([real]) => gate.admits(real));
  const known = new Map(files);
  const dirs = new Map([...known].map(([real, file]) => [path.dirname(real), path.dirname(file)]));
  return [...dirs].sort().flatMap(([real, dir]) =>
    logNamesIn(real)
      .filter((name) => !known.has(path.join(real, name)) && !isRecorded(store, path.join(real, name)))
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
