import fs from "node:fs";
import path from "node:path";
import { type Captured, capture } from "../capture/capture.ts";
import type { Spawn } from "../capture/child.ts";
import { ScenariologError, systemCode } from "../errors.ts";
import { codeOf, type Exit } from "../model/exit.ts";
import { logFileName, stepIdOf } from "../model/ids.ts";
import type { StepSpec } from "../model/step.ts";
import { type Clock, systemClock } from "../model/time.ts";
import { insertArtifact } from "../store/artifacts.ts";
import { findRun } from "../store/runs.ts";
import { finishStep, insertStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { insertTags, type Scope, setTags } from "../store/tags.ts";
import { indexLog } from "./index-log.ts";
import { logDirOf, storedPath } from "./paths.ts";

export interface RecordedStep {
  readonly stepId: string;
  readonly exit: Exit;
  /** As stored in `steps.exit_code`. */
  readonly code: number;
  readonly durationMs: number;
  /** Paths as stored: relative to root_dir where they lie in it. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
}

/** Runs one step and keeps what it wrote. The row exists before the process starts, whatever comes then. */
export async function recordStep(
  store: Store,
  spawn: Spawn,
  spec: StepSpec,
  clock: Clock = systemClock,
): Promise<RecordedStep> {
  const run = findRun(store, spec.runId);
  if (spec.workDir !== "") checkWorkDir(spec.workDir);
  const logDir = logDirOf(spec.rootDir, spec.logDir);
  makeLogDir(logDir);
  const stepId = stepIdOf(run.run_id, spec.num);
  const scope: Scope = { runId: run.run_id, stepId };

  store.immediate(() => {
    insertStep(store, {
      step_id: stepId,
      run_id: run.run_id,
      step_num: spec.num,
      step_name: spec.name,
      script_path: spec.scriptPath || null,
      started_at: clock.now(),
    });
    insertTags(store, scope, tagsOf(spec));
  });

  const startMs = clock.monotonicMs();
  const captured = await capture(spawn, {
    argv: spec.argv,
    cwd: spec.workDir === "" ? undefined : spec.workDir,
    env: {
      SCENARIOLOG_DB: path.resolve(store.path),
      SCENARIOLOG_RUN_ID: run.run_id,
      SCENARIOLOG_ROOT_DIR: path.resolve(spec.rootDir),
      SCENARIOLOG_LOG_DIR: logDir,
      SCENARIOLOG_STEP_ID: stepId,
    },
    stdin: spec.stdin,
    stdoutPath: path.join(logDir, logFileName(spec.num, "stdout")),
    stderrPath: path.join(logDir, logFileName(spec.num, "stderr")),
    leakTimeoutMs: 500,
  });
  const durationMs = Math.max(0, Math.floor(clock.monotonicMs() - startMs));

  const paths = await keep(store, scope, spec, captured, { completedAt: clock.now(), durationMs });
  return { stepId, exit: captured.exit, code: codeOf(captured.exit), durationMs, ...paths };
}

/** Closes the row, records both artifacts, indexes their lines. */
async function keep(
  store: Store,
  scope: Scope,
  spec: StepSpec,
  captured: Captured,
  end: { completedAt: string; durationMs: number },
): Promise<{ stdoutPath: string; stderrPath: string }> {
  const { exit } = captured;
  const streams = (["stdout", "stderr"] as const).map((kind) => ({
    kind,
    ...captured[kind],
    stored: storedPath(spec.rootDir, captured[kind].path),
  }));
  const artifactIds = store.immediate(() => {
    finishStep(store, scope.stepId!, { ...end, exitCode: codeOf(exit) });
    if (exit.kind === "signal" && !spec.tags.has("exit.signal")) setTags(store, scope, [["exit.signal", exit.name]]);
    return streams.map(({ kind, stored, sizeBytes, sha256 }) =>
      insertArtifact(store, scope, { kind, path: stored, sizeBytes, sha256 }),
    );
  });
  if (store.fts) {
    for (const [i, { path: file }] of streams.entries()) {
      await indexLog(store, { runId: scope.runId, artifactId: artifactIds[i]! }, file);
    }
  }
  return { stdoutPath: streams[0]!.stored, stderrPath: streams[1]!.stored };
}

/** The tags that every step has, in the Go build's order; the user's of the same key replace them. */
function tagsOf(spec: StepSpec): Map<string, string> {
  const [argv0, ...args] = spec.argv;
  return new Map([
    ["step.name", spec.name],
    ["step.num", String(spec.num)],
    ["step.script_path", spec.scriptPath],
    ["cmd.argv0", argv0],
    ["cmd.args_json", JSON.stringify(args)],
    ...spec.tags,
  ]);
}

function checkWorkDir(dir: string): void {
  // A missing directory would be reported by the system as a missing command.
  if (fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new ScenariologError("FILE", `--work-dir ${dir} is not a directory`, { hint: "the step was not started" });
}

function makeLogDir(dir: string): void {
  try {
    fs.mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new ScenariologError("FILE", `log dir ${dir} cannot be made: ${systemCode(error)}`, {
      hint: "check --root-dir and --log-dir; the step was not started",
      cause: error,
    });
  }
}
