import path from "node:path";
import type { LogFile, Written } from "../../capture/log/log-file.ts";
import { logFileName, STREAMS, type Stream, stepIdOf } from "../../model/ids.ts";
import type { StepEnd, StepProgress } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import type { TapDocument, TapPoint } from "../../model/tap.ts";
import { finishAttempt, insertAttempt } from "../../store/attempts.ts";
import { insertPlannedSteps } from "../../store/planned-steps.ts";
import { ownRecorder } from "../../store/recorders.ts";
import { finishStep, insertStep } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { insertTags } from "../../store/tags.ts";
import { indexLog } from "../index/index-log.ts";
import { enterLog, recordLogs } from "../rows/log-rows.ts";
import { logFileOf } from "../step/redacted-log.ts";

export interface TapTarget {
  readonly runId: string;
  readonly rootDir: string;
  /** Absolute. */
  readonly logDir: string;
  readonly startedAt: string;
  readonly redactor: Redactor;
  readonly redactLogs: boolean;
}

/** A test point with the number that its step gets. */
interface Step {
  readonly num: number;
  readonly name: string;
  readonly point: TapPoint;
  readonly startedAt: string;
}

interface StepLog {
  readonly kind: Stream;
  readonly log: LogFile;
  readonly written: Written;
}

/**
 * Makes a harness's test points the steps of its run: each with its name, its end, and, if it printed more than its line, a
 * log of its own. Announced tests that did not come are not run. Returns those that failed. Throws what the store throws.
 */
export async function recordTap(
  store: Store,
  target: TapTarget,
  documents: readonly TapDocument[],
): Promise<{ step: StepProgress; end: StepEnd }[]> {
  const { steps, missing } = numbered(target, documents);
  const logs = new Map<Step, StepLog[]>();
  for (const step of steps) {
    if (step.point.ok && !step.point.hasDetails) continue;
    // As of any step there are two, also if one is empty.
    const own = STREAMS.map((kind) => {
      return { kind, log: logFileOf(path.join(target.logDir, logFileName(step.num, kind)), null, target) };
    });
    own[0]!.log.write(Buffer.from(`${step.point.lines.join("\n")}\n`));
    logs.set(step, await Promise.all(own.map(async (one) => ({ ...one, written: await one.log.close() }))));
  }
  const recorded = store.transaction(() => {
    insertPlannedSteps(
      store,
      target.runId,
      missing.map(({ num, name }) => ({ step_num: num, step_name: name, script_path: null })),
    );
    return steps.flatMap((step) => insert(store, target, step, logs.get(step) ?? []));
  });
  if (store.fts) {
    for (const { artifactId, file, sizeBytes, fileId } of recorded) {
      const index = { sizeBytes, fileId, redactor: target.redactor };
      await indexLog(store, { runId: target.runId, artifactId }, file, index);
    }
  }
  return steps.filter(({ point }) => hasFailed(point)).map((step) => failureOf(step, logs.get(step) ?? []));
}

function insert(
  store: Store,
  { runId, rootDir }: TapTarget,
  { num, name, point, startedAt }: Step,
  logs: readonly StepLog[],
): ReturnType<typeof recordLogs> {
  const stepId = stepIdOf(runId, num);
  const scope = { runId, stepId };
  const isSkipped = point.directive === "skip";
  const durationMs = point.durationMs === null ? null : Math.round(point.durationMs);
  const end = { completedAt: point.endedAt, exitCode: hasFailed(point) ? 1 : 0, durationMs };
  insertStep(store, {
    step_id: stepId,
    run_id: runId,
    step_num: num,
    step_name: name,
    script_path: null,
    started_at: startedAt,
  });
  finishStep(store, stepId, end);
  insertTags(store, scope, [
    ["step.name", name],
    ["step.num", String(num)],
    ["exit.reason", isSkipped ? "skipped" : ""],
    ["skip.reason", isSkipped ? (point.reason ?? "") : ""],
    ["tap.todo", point.directive === "todo" ? point.reason || "true" : ""],
  ]);
  const attempt = insertAttempt(store, stepId, startedAt, ownRecorder());
  finishAttempt(store, stepId, attempt, { ...end, reason: isSkipped ? "skipped" : null });
  for (const { kind, log } of logs) enterLog(store, { stepId, attempt }, log, { kind, artifact_id: null });
  return recordLogs(
    store,
    { ...scope, attempt, rootDir },
    logs.map(({ kind, written }) => ({ kind, ...written })),
  );
}

/** A test that is still to be written may fail. */
function hasFailed({ ok, directive }: TapPoint): boolean {
  return !ok && directive === null;
}

function failureOf({ num, name, point }: Step, logs: readonly StepLog[]): { step: StepProgress; end: StepEnd } {
  return {
    step: { index: 0, total: 0, num, name },
    end: {
      verdict: "failed",
      code: 1,
      skipReason: null,
      durationMs: point.durationMs ?? 0,
      attempts: 1,
      stdoutFile: logs[0]?.written.path ?? null,
      stderrFile: null,
    },
  };
}

/**
 * The numbers are those of the output if it is one document whose points have different ones; else each step's is its
 * place. Among several documents a step's name begins with its file's.
 */
function numbered(
  { startedAt, redactor }: TapTarget,
  documents: readonly TapDocument[],
): { steps: Step[]; missing: { num: number; name: string }[] } {
  const own = documents.length === 1 ? documents[0]!.points.map(({ num }) => num ?? 0) : [];
  const hasOwn =
    own.length > 0 && own.every((num) => num > 0 && Number.isSafeInteger(num)) && new Set(own).size === own.length;
  const steps: Step[] = [];
  const missing: { num: number; name: string }[] = [];
  let last = 0;
  let before = startedAt;
  for (const { file, points, planned } of documents) {
    const prefix = documents.length > 1 && file !== null ? `${path.basename(file)}: ` : "";
    for (const [i, point] of points.entries()) {
      const num = hasOwn ? point.num! : last + 1;
      last = Math.max(last, num);
      const name = redactor.text(`${prefix}${point.name || `test ${point.num ?? i + 1}`}`);
      steps.push({ num, name, point, startedAt: before });
      before = point.endedAt;
    }
    const absent = absentNums(points, planned, hasOwn);
    for (const num of absent) missing.push({ num: hasOwn ? num : ++last, name: `${prefix}test ${num}` });
  }
  return { steps, missing };
}

/** A plan may announce anything. */
const MOST_ABSENT = 10_000;

function absentNums(points: readonly TapPoint[], planned: number | null, hasOwn: boolean): number[] {
  const there = new Set(points.map(({ num }, i) => (hasOwn ? num! : i + 1)));
  const absent: number[] = [];
  for (let num = 1; num <= (planned ?? 0) && absent.length < MOST_ABSENT; num++) if (!there.has(num)) absent.push(num);
  return absent;
}
