import path from "node:path";
import type { StepSpec } from "../../model/step.ts";
import { finishAttempt, insertAttempt, lastAttemptOf, type RecorderIdentity } from "../../store/attempts.ts";
import { adoptAttempt } from "../../store/go-build/adopt-attempt.ts";
import { insertOutputMarks } from "../../store/output-marks.ts";
import { findStep, finishStep, insertStep, restartStep } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { insertTags, removeTags, setTags } from "../../store/tags.ts";
import { workingDirectory } from "../../sys/working-directory.ts";
import { endTags, type Outcome } from "./outcome.ts";

const WORK_DIR = "cmd.work_dir";

/** A step of a run, with its id. */
export interface StepKey {
  readonly runId: string;
  readonly stepId: string;
}

/** What the database holds of a step besides its attempts, redacted. */
export interface StepRows {
  readonly num: number;
  readonly name: string;
  /** "" is none. */
  readonly scriptPath: string;
  /** The tags that the step has from its start, in order; empty values are not stored. */
  readonly tags: readonly (readonly [string, string])[];
  /** The keys among them that the user gave: no automatic tag replaces those. */
  readonly userKeys: readonly string[];
}

export function stepRowsOf(spec: StepSpec): StepRows {
  const { num, name, scriptPath } = spec;
  return { num, name, scriptPath, tags: [...tagsOf(spec)], userKeys: [...spec.tags.keys()] };
}

/** The rows and tags that an attempt has before its process starts. Returns its number, from 1. */
export function writeBeginning(
  store: Store,
  key: StepKey,
  step: StepRows,
  startedAt: string,
  recorder: RecorderIdentity,
): number {
  const { stepId } = key;
  const row = { step_id: stepId, step_name: step.name, script_path: step.scriptPath || null, started_at: startedAt };
  if (findStep(store, stepId)) {
    adoptAttempt(store, stepId);
    restartStep(store, row);
    removeTags(store, key, [...endTags, WORK_DIR]);
    setTags(store, key, step.tags);
  } else {
    insertStep(store, { ...row, run_id: key.runId, step_num: step.num });
    insertTags(store, key, step.tags);
  }
  return insertAttempt(store, stepId, startedAt, recorder);
}

export interface AttemptEnd {
  readonly outcome: Pick<Outcome, "code" | "reason" | "tags">;
  readonly flaky: boolean;
  readonly completedAt: string;
  readonly durationMs: number;
  /** What is wrong with its logs; "" when they are whole. */
  readonly logProblem: string;
  /** When its streams wrote how much, see marks.ts; null when they wrote nothing, or that is not known. */
  readonly marks: Uint8Array | null;
}

export function writeEnd(store: Store, key: StepKey, step: StepRows, attempt: number, end: AttemptEnd): void {
  const { outcome, completedAt, durationMs } = end;
  const finished = { completedAt, durationMs, exitCode: outcome.code };
  finishAttempt(store, key.stepId, attempt, { ...finished, reason: outcome.reason });
  if (end.marks !== null) insertOutputMarks(store, key.stepId, attempt, end.marks);
  // The step's row holds the last attempt; another recorder may have begun one meanwhile.
  if (lastAttemptOf(store, key.stepId) !== attempt) return;
  finishStep(store, key.stepId, finished);
  const tags: (readonly [string, string])[] = [...outcome.tags, ["log.problem", end.logProblem]];
  if (end.flaky) tags.push(["flaky", "true"]);
  setTags(
    store,
    key,
    tags.filter(([name]) => !step.userKeys.includes(name)),
  );
}

/** The tags that every step has, in the Go build's order; the user's of the same key replace them. */
function tagsOf({ redactor, ...spec }: StepSpec): Map<string, string> {
  const [argv0, ...args] = spec.argv;
  const userTags = [...spec.tags].map(([key, value]) => [key, redactor?.tag(key, value) ?? value] as const);
  return new Map([
    ["step.name", spec.name],
    ["step.num", String(spec.num)],
    ["step.script_path", spec.scriptPath],
    ["cmd.argv0", argv0],
    ["cmd.args_json", JSON.stringify(redactor?.args(args) ?? args)],
    ["log.redacted", spec.redactLogs ? "true" : ""],
    ...userTags,
    ...workDirTag(spec),
  ]);
}

/** Where the step was run, behind the tags that the Go build knows; not where it is the root, as in most harnesses. */
function workDirTag({ workDir, rootDir, tags }: Pick<StepSpec, "workDir" | "rootDir" | "tags">): [string, string][] {
  const base = workingDirectory();
  // Our own directory was deleted: a path of it would lead nowhere.
  if (base === null && !path.isAbsolute(workDir)) return [];
  const dir = path.resolve(workDir);
  return tags.has(WORK_DIR) || dir === path.resolve(rootDir) ? [] : [[WORK_DIR, dir]];
}
