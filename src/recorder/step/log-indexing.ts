import type { StepControl } from "../../capture/control/step-control.ts";
import type { StepOptions } from "../../model/step.ts";
import { insertAllLines } from "../../store/lines.ts";
import type { Store } from "../../store/store.ts";
import { whereIs } from "../../sys/file-id.ts";
import type { Follower } from "../index/follower.ts";
import { indexLog, linesOfSmallLog } from "../index/index-log.ts";
import { type RecordedLog, reserveArtifacts } from "../rows/log-rows.ts";
import { type Attempt, keyOf } from "./attempt.ts";
import type { Problems } from "./problems.ts";
import type { RunStore } from "./run-store.ts";

/** How often a running step's logs are looked at. */
const WATCH_MS = 100;
/** Smaller logs are indexed in no time after the step has ended. */
const WORTH_FOLLOWING_BYTES = 2 << 20;
/** After an interrupt, indexing delays the end by no more than this. */
const INTERRUPTED_INDEX_MS = 1000;

/**
 * Puts the lines of a step's logs into the index: of large logs while they grow, of small ones in the transaction that closes
 * the attempt, and whatever is left after that.
 */
export class LogIndexing {
  readonly #left: RecordedLog[] = [];
  #atOnce = true;

  constructor(
    private readonly run: RunStore,
    private readonly options: Pick<StepOptions, "index" | "indexLimitBytes" | "redactor">,
    private readonly problems: Problems,
  ) {}

  /**
   * Watches the logs of an attempt while its process runs: large ones are indexed as they grow. Returns a function that ends
   * this, and waits until it has ended. The indexing at the end makes good what goes wrong with it.
   */
  watch(attempt: Attempt): () => Promise<void> {
    const { stdout, stderr } = attempt.logs;
    let follower: Promise<Follower | null> | null = null;
    const timer = setInterval(() => {
      const bytes = stdout.sizeBytes + stderr.sizeBytes;
      if (bytes < WORTH_FOLLOWING_BYTES) return;
      follower ??= this.#follow(attempt);
      follower.then((started) => started?.grown(bytes, Bun.nanoseconds() / 1e6));
    }, WATCH_MS);
    return async () => {
      clearInterval(timer);
      await (await follower)?.stop();
    };
  }

  /** The lines to index in the transaction that closes the attempt; null if there are none, or too many for that. */
  linesOf({
    kind,
    path,
    fileId,
    sizeBytes,
  }: Pick<RecordedLog, "kind" | "fileId" | "sizeBytes"> & { path: string | null }) {
    if (path === null || !this.#isIndexed(kind) || sizeBytes > this.options.indexLimitBytes) return null;
    const file = (fileId === null ? null : whereIs(path, fileId)) ?? path;
    return linesOfSmallLog({ file, fileId, sizeBytes }, this.options.redactor);
  }

  /** Within the caller's transaction. False if the log is to be indexed later. */
  indexAtOnce(store: Store, log: RecordedLog, lines: readonly string[] | null): boolean {
    if (!this.#atOnce || !store.fts || lines === null) return false;
    insertAllLines(store, { runId: this.run.runId, artifactId: log.artifactId }, lines, log.sizeBytes);
    return true;
  }

  /** From now on nothing is indexed in the transaction that closes an attempt. False if that was so before. */
  stopAtOnce(): boolean {
    const before = this.#atOnce;
    this.#atOnce = false;
    return before;
  }

  /** Recorded logs that `indexRest` is to index. */
  leave(logs: readonly RecordedLog[]): void {
    this.#left.push(...logs);
  }

  /** Indexes what is left. After a signal it soon stops. */
  async indexRest(store: Store, control: StepControl): Promise<void> {
    const logs = this.#left.splice(0);
    if (!store.fts) return;
    const maxMs = () => (control.cause?.kind === "signal" ? INTERRUPTED_INDEX_MS : Number.POSITIVE_INFINITY);
    const startMs = Bun.nanoseconds() / 1e6;
    const stop = () => Bun.nanoseconds() / 1e6 - startMs > maxMs();
    try {
      for (const { kind, artifactId, file, fileId, sizeBytes } of logs) {
        if (!this.#isIndexed(kind)) continue;
        const now = (fileId === null ? null : whereIs(file, fileId)) ?? file;
        const { indexLimitBytes: limit, redactor } = this.options;
        const end = sizeBytes > limit ? "limit" : "log";
        const options = { sizeBytes: Math.min(sizeBytes, limit), fileId, stop, end, redactor } as const;
        await indexLog(store, { runId: this.run.runId, artifactId }, now, options);
      }
      if (stop()) throw new Error("interrupted");
    } catch (error) {
      this.problems.because("not all lines are indexed, which index fts mends", error);
    }
  }

  #isIndexed(kind: string): boolean {
    return this.options.index === "all" || this.options.index === kind;
  }

  /** Null if the attempt cannot be followed: its rows are not written, or nothing is to be indexed. */
  async #follow(attempt: Attempt): Promise<Follower | null> {
    const { store, runId } = this.run;
    if (!store?.fts || this.options.index === "none" || attempt.number === 0) return null;
    try {
      const { Follower } = await import("../index/follower.ts");
      const scope = { ...keyOf(runId, attempt), attempt: attempt.number, rootDir: attempt.rows.rootDir };
      const logs = store.transaction(() => reserveArtifacts(store, scope));
      return new Follower({
        database: store.path,
        runId,
        logs: logs.filter(({ kind }) => this.#isIndexed(kind)),
        limitBytes: this.options.indexLimitBytes,
        redact: this.options.redactor?.patterns ?? null,
      });
    } catch {
      return null;
    }
  }
}
