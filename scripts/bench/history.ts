import { logFileName, newRunId, stepIdOf } from "../../src/model/ids.ts";
import { formatTime } from "../../src/model/time.ts";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { finishAttempt, insertAttempt } from "../../src/store/attempts.ts";
import { appendLines } from "../../src/store/lines.ts";
import { insertLogFile } from "../../src/store/log-files.ts";
import { openForWriting } from "../../src/store/open.ts";
import { finishRun, insertRun } from "../../src/store/runs.ts";
import { finishStep, insertStep } from "../../src/store/steps.ts";
import type { Store } from "../../src/store/store.ts";
import { insertTags } from "../../src/store/tags.ts";

/** A step as `exec` would have left it in the database. Its files need not exist. */
export interface PastStep {
  readonly num: number;
  readonly exitCode: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Every step takes this long, and runs follow one another, so that the history spans weeks, in order. */
const STEP_MS = 1500;
const ROOT_DIR = "/home/user/project";
const FIRST_RUN_AT = Date.UTC(2024, 0, 1);
const NOBODY = { recorder_pid: null, recorder_start: null, boot_id: null, pid_namespace: null };

/**
 * Writes past runs through the store's own functions, with the rows and the index that `exec` makes. It leaves out what makes
 * `exec` safe: thousands of runs share one transaction, and nothing is synced.
 */
export class History {
  readonly #store: Store;
  #runs = 0;

  constructor(path: string) {
    this.#store = openForWriting(path, { create: true });
    this.#runs = this.#store.get<{ n: number }>("SELECT count(*) AS n FROM scenario_runs")!.n;
    for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"]) this.#set(pragma);
    // Its small transactions become parts of the large one that `add` begins.
    Object.assign(this.#store, {
      transaction: (work: () => unknown) => work(),
      backgroundTransaction: async (work: () => unknown) => work(),
    });
  }

  /** Returns the ids of the runs that `work` adds, in one transaction. */
  async add(work: () => Promise<string[]>): Promise<string[]> {
    this.#store.run("BEGIN IMMEDIATE");
    const ids = await work();
    this.#store.run("COMMIT");
    return ids;
  }

  /** Adds a run that has ended. Call it within {@link add}, or each statement is a transaction of its own. */
  async addRun(steps: Iterable<PastStep>): Promise<string> {
    const store = this.#store;
    const startedMs = FIRST_RUN_AT + this.#runs++ * 600_000;
    const startedAt = formatTime(startedMs);
    const runId = newRunId(startedAt, 1000 + (this.#runs % 30_000));
    insertRun(store, { run_id: runId, root_dir: ROOT_DIR, suite: "bench", started_at: startedAt });
    insertTags(store, { runId, stepId: null }, [
      ["root_dir", ROOT_DIR],
      ["suite", "bench"],
      ["user.name", "user"],
    ]);
    let at = startedMs;
    let exitCode = 0;
    for (const step of steps) {
      await this.#addStep(runId, step, at);
      at += STEP_MS;
      exitCode ||= step.exitCode;
    }
    finishRun(store, runId, { completedAt: formatTime(at), exitCode, durationMs: at - startedMs });
    return runId;
  }

  async #addStep(runId: string, step: PastStep, startedMs: number): Promise<void> {
    const store = this.#store;
    const stepId = stepIdOf(runId, step.num);
    const name = `scenario-${step.num}`;
    const startedAt = formatTime(startedMs);
    const script = `scripts/${name}.sh`;
    insertStep(store, {
      step_id: stepId,
      run_id: runId,
      step_num: step.num,
      step_name: name,
      script_path: script,
      started_at: startedAt,
    });
    insertTags(store, { runId, stepId }, [
      ["step.name", name],
      ["step.num", String(step.num)],
      ["step.script_path", script],
      ["cmd.argv0", "bash"],
      ["cmd.args_json", JSON.stringify([script])],
    ]);
    const attempt = insertAttempt(store, stepId, startedAt, NOBODY);
    // The durations differ, so that timings has something to sort.
    const durationMs = STEP_MS - ((step.num * 37) % 1000);
    const end = { completedAt: formatTime(startedMs + durationMs), exitCode: step.exitCode, durationMs };
    finishAttempt(store, stepId, attempt, { ...end, reason: null });
    finishStep(store, stepId, end);
    for (const kind of ["stdout", "stderr"] as const) {
      await this.#addLog({ runId, stepId, attempt, kind }, `.logs/${runId}/${logFileName(step.num, kind)}`, step[kind]);
    }
  }

  async #addLog(
    { runId, stepId, attempt, kind }: { runId: string; stepId: string; attempt: number; kind: string },
    path: string,
    lines: readonly string[],
  ): Promise<void> {
    const store = this.#store;
    const sizeBytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    const artifactId = insertArtifact(store, { runId, stepId }, { kind, path, sizeBytes, sha256: "0".repeat(64) });
    const file = `${ROOT_DIR}/${path}`;
    insertLogFile(store, { file, step_id: stepId, attempt, kind, artifact_id: artifactId, file_id: null });
    const nothing = { state: "partial", lines: 0, bytes: 0 } as const;
    const all = { state: "complete", lines: lines.length, bytes: sizeBytes } as const;
    const added = await appendLines(store, { runId, artifactId }, lines, nothing, all);
    if (!added) throw new Error(`the lines of artifact ${artifactId} were not added`);
  }

  /** Leaves the database as the program does: in WAL mode, with everything in the one file. */
  close(): void {
    this.#set("journal_mode = WAL");
    this.#store.close();
  }

  /** Reads to the end: some pragmas answer, and take effect only then. */
  #set(pragma: string): void {
    this.#store.all(`PRAGMA ${pragma}`);
  }
}
