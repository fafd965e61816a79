import fs from "node:fs";
import type { Captured } from "../capture/capture.ts";
import type { LogFile, Written } from "../capture/log-file.ts";
import type { StepControl } from "../capture/step-control.ts";
import { type ErrorCode, ScenariologError } from "../errors.ts";
import { stepIdOf } from "../model/ids.ts";
import type { StepSpec } from "../model/step.ts";
import { insertArtifact } from "../store/artifacts.ts";
import { adoptAttempt, finishAttempt, insertAttempt, lastAttemptOf } from "../store/attempts.ts";
import { insertLogFile, logFilesOf, renameLogFile } from "../store/log-files.ts";
import { openForWriting } from "../store/open.ts";
import { findRun } from "../store/runs.ts";
import { findStep, finishStep, insertStep, restartStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { insertTags, removeTags, type Scope, setTags } from "../store/tags.ts";
import { ownIdentity } from "./identity.ts";
import { indexLog } from "./index-log.ts";
import type { StepLogs } from "./logs.ts";
import { endTags, type Outcome } from "./outcome.ts";
import { storedPath } from "./paths.ts";

/** Errors that are the caller's to mend before a step is started. Any other leaves the step to run unrecorded. */
const REFUSED = new Set<ErrorCode>(["USAGE", "NOT_A_DATABASE", "NEWER_SCHEMA", "NO_RUN"]);
/** After an interrupt, indexing must not delay the end by more. */
const INTERRUPTED_INDEX_MS = 1000;
const STREAMS = ["stdout", "stderr"] as const;

/** What a database is told of one step, attempt by attempt. What it cannot take is a problem, never an exception. */
export class StepJournal {
  readonly problems: string[] = [];
  runId: string;
  #store: Store | null = null;
  #inode: number | undefined;
  /** What `begin` wants written; null once it is. */
  #beginning: (() => void) | null = null;
  #attempt = 0;
  #logs: StepLogs | null = null;

  constructor(
    readonly database: string,
    private readonly spec: StepSpec,
  ) {
    this.runId = spec.runId;
  }

  get stepId(): string {
    return stepIdOf(this.runId, this.spec.num);
  }

  /** Throws what is the caller's mistake: no database, a newer schema, an unknown run. */
  open(): void {
    try {
      this.#open();
    } catch (error) {
      if (error instanceof ScenariologError && REFUSED.has(error.code)) throw error;
      // Tried again when the step has ended: a lock may be gone by then.
    }
  }

  /** A new attempt: its row, tags and files. Returns its number, from 1. */
  begin(logs: StepLogs, startedAt: string): number {
    this.#logs = logs;
    this.#attempt = 0;
    this.#beginning = () => this.#insert(logs, startedAt);
    try {
      this.#store?.immediate(() => this.#writeBeginning());
      if (this.#store) this.#beginning = null;
    } catch {
      // Written together with the end, if that can be.
    }
    return Math.max(1, this.#attempt);
  }

  /** Closes the attempt and the files, records the artifacts, indexes their lines. Returns the stored paths. */
  async finish(
    captured: Captured,
    outcome: Outcome & { readonly flaky: boolean },
    end: { completedAt: string; durationMs: number },
    control: StepControl,
  ): Promise<{ stdoutPath: string; stderrPath: string }> {
    this.problems.push(...captured.problems);
    const written = this.#closeLogs();
    let artifacts: { artifactId: number; file: string }[] = [];
    try {
      const store = this.#store ?? this.#open();
      this.#checkFile();
      artifacts = store.immediate(() => {
        this.#writeBeginning();
        return this.#close(store, written, outcome, end);
      });
      this.#beginning = null;
    } catch (error) {
      const what = this.#beginning ? "the step is not recorded" : "the step's end is not recorded";
      this.#problem(what, error);
    }
    try {
      if (this.#store?.fts) await this.#index(this.#store, artifacts, control);
    } catch (error) {
      this.#problem("not all lines are indexed, which index fts mends", error);
    }
    const [stdoutPath, stderrPath] = STREAMS.map((kind) =>
      storedPath(this.spec.rootDir, written[kind].path ?? this.#logs![kind].path),
    );
    return { stdoutPath: stdoutPath!, stderrPath: stderrPath! };
  }

  close(): void {
    try {
      this.#store?.close();
    } catch (error) {
      this.#problem("the database was not closed", error);
    }
    this.#store = null;
  }

  #open(): Store {
    const store = openForWriting(this.database, { create: false });
    try {
      this.runId = findRun(store, this.spec.runId).run_id;
      this.#inode = inodeOf(this.database);
      this.#store = store;
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Kept until a transaction that holds it has committed, so that an end can bring its beginning along. */
  #writeBeginning(): void {
    this.#beginning?.();
  }

  #insert(logs: StepLogs, startedAt: string): void {
    const store = this.#store!;
    const { spec, stepId } = this;
    const scope = this.#scope();
    const row = { step_id: stepId, step_name: spec.name, script_path: spec.scriptPath || null, started_at: startedAt };
    for (const kind of STREAMS) {
      const { path, movedAside } = logs[kind];
      if (movedAside !== null) renameLogFile(store, path, movedAside);
    }
    if (findStep(store, stepId)) {
      adoptAttempt(store, stepId);
      restartStep(store, row);
      removeTags(store, scope, endTags);
      setTags(store, scope, tagsOf(spec));
    } else {
      insertStep(store, { ...row, run_id: this.runId, step_num: spec.num });
      insertTags(store, scope, tagsOf(spec));
    }
    this.#attempt = insertAttempt(store, stepId, startedAt, ownIdentity());
    for (const kind of STREAMS) {
      insertLogFile(store, { file: logs[kind].path, step_id: stepId, attempt: this.#attempt, kind, artifact_id: null });
    }
  }

  #close(
    store: Store,
    written: Record<"stdout" | "stderr", Written>,
    outcome: Outcome & { readonly flaky: boolean },
    end: { completedAt: string; durationMs: number },
  ): { artifactId: number; file: string }[] {
    const scope = this.#scope();
    const finished = { ...end, exitCode: outcome.code };
    finishAttempt(store, this.stepId, this.#attempt, { ...finished, reason: outcome.reason });
    // The step's row holds the last attempt; another recorder may have begun one meanwhile.
    if (lastAttemptOf(store, this.stepId) === this.#attempt) {
      finishStep(store, this.stepId, finished);
      const problem = STREAMS.map((kind) => written[kind].problem ?? "").filter((text) => text !== "");
      const tags: (readonly [string, string])[] = [...outcome.tags, ["log.problem", problem.join("; ")]];
      if (outcome.flaky) tags.push(["flaky", "true"]);
      setTags(
        store,
        scope,
        tags.filter(([key]) => !this.spec.tags.has(key)),
      );
    }
    return STREAMS.flatMap((kind) => {
      const { path: file, sizeBytes, sha256 } = written[kind];
      if (file === null) return [];
      const path = storedPath(this.spec.rootDir, file);
      const artifactId = insertArtifact(store, scope, { kind, path, sizeBytes, sha256 });
      insertLogFile(store, { file, step_id: this.stepId, attempt: this.#attempt, kind, artifact_id: artifactId });
      return [{ artifactId, file }];
    });
  }

  #closeLogs(): Record<"stdout" | "stderr", Written> {
    const moved = this.#movedLogs();
    const close = (kind: "stdout" | "stderr", log: LogFile) => {
      const written = log.close(moved.get(kind));
      if (written.problem !== undefined) this.problems.push(written.problem);
      return written;
    };
    return { stdout: close("stdout", this.#logs!.stdout), stderr: close("stderr", this.#logs!.stderr) };
  }

  /** Where our files are by now, by kind: a recorder of another run may have moved them out of its way. */
  #movedLogs(): Map<string, string> {
    try {
      if (!this.#store || this.#attempt === 0) return new Map();
      return new Map(logFilesOf(this.#store, this.stepId, this.#attempt).map((row) => [row.kind, row.file]));
    } catch {
      return new Map(); // a file that is not found again is written anew
    }
  }

  async #index(store: Store, artifacts: { artifactId: number; file: string }[], control: StepControl): Promise<void> {
    const end = () => (control.cause?.kind === "signal" ? INTERRUPTED_INDEX_MS : Number.POSITIVE_INFINITY);
    const startMs = Bun.nanoseconds() / 1e6;
    const stop = () => Bun.nanoseconds() / 1e6 - startMs > end();
    for (const { artifactId, file } of artifacts) {
      await indexLog(store, { runId: this.runId, artifactId }, file, { stop });
    }
    if (stop()) throw new Error("interrupted");
  }

  /** A database file that is gone still takes writes, into nowhere. */
  #checkFile(): void {
    if (inodeOf(this.database) === this.#inode) return;
    throw new ScenariologError("NO_DATABASE", `database ${this.database} was removed or replaced while the step ran`);
  }

  #scope(): Scope {
    return { runId: this.runId, stepId: this.stepId };
  }

  #problem(consequence: string, error: unknown): void {
    this.problems.push(`${consequence}: ${error instanceof Error ? error.message : String(error)}`);
  }
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

function inodeOf(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.ino;
}
