import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import { type Artifact, artifactsOf } from "../store/artifacts.ts";
import { isRecorded, logFilesOfRun } from "../store/log-files.ts";
import { findRun, type Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { hashOf } from "./file-facts.ts";
import { type GuardOptions, guard, LOG_NAME } from "./guard.ts";
import { fileOf, storedPath } from "./paths.ts";

export interface Verified extends RowSet {
  /** Artifacts that were looked at. */
  readonly checked: number;
}

interface Finding {
  readonly artifact: Artifact | null;
  readonly path: string;
  readonly status: "missing" | "changed" | "unrecorded" | "outside" | "unreadable";
  readonly detail: string;
}

/**
 * Checks the files of a run against the recorded sizes and hashes. One row for each that is missing or changed, that
 * may not or cannot be read, and for each log file beside them that no run has recorded; none when all is well.
 */
export async function verify(store: Store, selector: string, allowOutside: boolean): Promise<Verified> {
  const run = findRun(store, selector);
  const options: GuardOptions = { allowOutside, logFiles: logFilesOfRun(store, run.run_id) };
  const artifacts = artifactsOf(store, run.run_id);
  const findings: Finding[] = [];
  for (const artifact of artifacts) {
    const finding = await check(run, artifact, options);
    if (finding) findings.push(finding);
  }
  findings.push(...unrecorded(store, run, artifacts, options));
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

async function check(run: Run, artifact: Artifact, options: GuardOptions): Promise<Finding | null> {
  const finding = (status: Finding["status"], detail: string): Finding => ({
    artifact,
    path: artifact.path,
    status,
    detail,
  });
  const found = guard(run, artifact.path, options);
  if ("problem" in found) return finding(found.problem, found.reason);
  const { size_bytes: size, sha256 } = artifact;
  if (size !== null && found.sizeBytes !== size) {
    return finding("changed", `has ${found.sizeBytes} bytes, recorded are ${size}`);
  }
  try {
    if (sha256 === null || (await hashOf(found.file, found.sizeBytes)) === sha256.toLowerCase()) return null;
  } catch (error) {
    return finding("unreadable", `cannot be read: ${systemCode(error) ?? error}`);
  }
  return finding("changed", "has another sha256 than was recorded");
}

/** Logs by their names, in the directories of the run's own, that no run knows. */
function unrecorded(store: Store, run: Run, artifacts: readonly Artifact[], options: GuardOptions): Finding[] {
  const dirs = new Set(
    artifacts
      .filter(({ path: stored }) => LOG_NAME.test(path.basename(stored)) && !isOutside(run, stored, options))
      .map(({ path: stored }) => path.dirname(fileOf(run.root_dir, stored))),
  );
  return [...dirs].sort().flatMap((dir) =>
    namesIn(dir)
      .filter((name) => LOG_NAME.test(name))
      .map((name) => path.join(dir, name))
      .filter((file) => !isRecorded(store, file))
      .map((file): Finding => {
        const late = file.includes("-late");
        const detail = late ? "was written after its step had ended" : "no run has recorded it";
        return { artifact: null, path: storedPath(run.root_dir, file), status: "unrecorded", detail };
      }),
  );
}

function isOutside(run: Run, stored: string, options: GuardOptions): boolean {
  const found = guard(run, stored, options);
  return "problem" in found && found.problem !== "missing";
}

function namesIn(dir: string): string[] {
  try {
    // What is left behind open and says nothing is no finding.
    return fs
      .readdirSync(dir)
      .sort()
      .filter((name) => !(name.includes("-late") && fs.statSync(path.join(dir, name)).size === 0));
  } catch {
    return [];
  }
}
