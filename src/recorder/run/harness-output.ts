import fs from "node:fs";
import path from "node:path";
import { type Captured, capture } from "../../capture/capture.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import type { LogFile, Written } from "../../capture/log/log-file.ts";
import type { Platform } from "../../capture/platform.ts";
import { storedPath } from "../../files/paths.ts";
import { vouchForLogs } from "../../files/vouched.ts";
import type { Stream } from "../../model/ids.ts";
import { LineSplitter } from "../../model/lines.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { type TapDocument, TapReader } from "../../model/tap.ts";
import type { Clock } from "../../model/time.ts";
import { finishArtifact, insertArtifact, removeArtifact } from "../../store/artifacts.ts";
import type { Store } from "../../store/store.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { isSameFile } from "../../sys/file-id.ts";
import { indexLog } from "../index/index-log.ts";
import { vacate } from "../rows/log-rows.ts";
import { logFileOf } from "../step/redacted-log.ts";

/** What is no TAP by then is not looked at any further: that would cost a flood of output time. */
const TAP_BEGINS_BYTES = 8 << 20;
const FD = { stdout: 1, stderr: 2 } as const;

/** Told of each piece of output before and after it is passed on. Must neither throw nor wait. */
export interface OutputWatcher {
  passing(): void;
  /** The bytes are good during the call only. */
  passed(stream: Stream, chunk: Uint8Array): void;
}

export interface OutputSpec {
  /** Which streams are captured; the others are the caller's own. */
  readonly streams: readonly Stream[];
  /** Absolute. */
  readonly logDir: string;
  readonly rootDir: string;
  readonly redactor: Redactor;
  readonly redactLogs: boolean;
  readonly watcher?: OutputWatcher | undefined;
}

/** The output of a harness: passed on byte for byte to its own destination, and kept with the run. */
export class HarnessOutput {
  /** Both streams go to one place: then one pipe keeps their order, and one log has both. */
  readonly #isMerged: boolean;
  readonly #logs: {
    readonly kind: Stream;
    readonly log: LogFile;
    artifactId: number | null;
    written: Written | null;
  }[];
  readonly #readers = new Map<Stream, { splitter: LineSplitter; tap: TapReader; bytes: number }>();
  readonly #gone = new Set<Stream>();

  constructor(
    private readonly spec: OutputSpec,
    private readonly clock: Clock,
  ) {
    this.#isMerged = spec.streams.length === 2 && isSameFile(FD.stdout, FD.stderr);
    const kinds: readonly Stream[] = this.#isMerged ? ["stdout"] : spec.streams;
    try {
      fs.mkdirSync(spec.logDir, { recursive: true });
    } catch {
      // Opening the files then says why.
    }
    this.#logs = kinds.map((kind) => {
      const log = logFileOf(path.join(spec.logDir, `run-${kind}.txt`), null, spec);
      return { kind, log, artifactId: null, written: null };
    });
    for (const kind of kinds) this.#readers.set(kind, { splitter: new LineSplitter(), tap: new TapReader(), bytes: 0 });
  }

  /** Notes the files with the run, whose size is known at the end. Within the caller's transaction. */
  reserve(store: Store, runId: string): void {
    for (const entry of this.#logs) {
      const { fileId, path: file, movedAside } = entry.log;
      if (fileId === null) continue;
      vacate(store, file, fileId, movedAside);
      const artifact = { kind: entry.kind, path: storedPath(this.spec.rootDir, file), sizeBytes: null, sha256: null };
      entry.artifactId = insertArtifact(store, { runId, stepId: null }, artifact);
    }
    vouchForLogs(store, runId, { root: null, log: this.spec.logDir });
  }

  /** Runs the harness to its end. */
  async run(
    platform: Platform,
    control: StepControl,
    child: {
      readonly argv: readonly [string, ...string[]];
      readonly env: Readonly<Record<string, string>>;
      leakTimeoutMs: number;
    },
  ): Promise<Captured> {
    const logOf = (kind: Stream) => (this.#logs.find((entry) => entry.kind === kind) ?? this.#logs[0]!).log;
    const captured = await capture(platform, control, {
      argv: child.argv,
      env: child.env,
      cwd: undefined,
      stdin: "inherit",
      merged: this.#isMerged,
      ...(this.spec.streams.length === 1 && { only: this.spec.streams[0]! }),
      stdout: logOf("stdout"),
      stderr: logOf("stderr"),
      leakTimeoutMs: child.leakTimeoutMs,
      killLeaked: false,
      lateToConsole: true,
      onOutput: (stream, chunk) => this.#pass(stream, chunk),
    });
    for (const entry of this.#logs) entry.written = await entry.log.close();
    return captured;
  }

  /** What could not be kept, a line each. */
  get problems(): string[] {
    return this.#logs.flatMap(({ written }) => written?.problem ?? []);
  }

  /** Where the logs are. Absolute. */
  get files(): string[] {
    return this.#logs.flatMap(({ written }) => written?.path ?? []);
  }

  /** The test points that it printed; null if it printed no TAP. */
  tap(): readonly TapDocument[] | null {
    for (const { splitter, tap } of this.#readers.values()) {
      const last = splitter.finish();
      if (last !== null) tap.line(last, this.clock.now());
      const documents = tap.end();
      if (documents !== null) return documents;
    }
    return null;
  }

  /** Writes what the files hold, and indexes their lines. Throws what the store throws. */
  async record(store: Store, runId: string): Promise<void> {
    store.transaction(() => {
      for (const entry of this.#logs) {
        const { kind, written } = entry;
        if (written === null || written.path === null) {
          if (entry.artifactId !== null) removeArtifact(store, entry.artifactId);
          entry.artifactId = null;
          continue;
        }
        const { sizeBytes, sha256 } = written;
        const artifact = { path: storedPath(this.spec.rootDir, written.path), sizeBytes, sha256 };
        if (entry.artifactId !== null) finishArtifact(store, entry.artifactId, artifact);
        else entry.artifactId = insertArtifact(store, { runId, stepId: null }, { kind, ...artifact });
      }
    });
    if (!store.fts) return;
    for (const { artifactId, written } of this.#logs) {
      if (artifactId === null || written === null || written.path === null) continue;
      const { sizeBytes, fileId } = written;
      await indexLog(store, { runId, artifactId }, written.path, { sizeBytes, fileId, redactor: this.spec.redactor });
    }
  }

  /** False if its reader has gone (`| head`): then it is gone for the harness, too. */
  #pass(stream: Stream, chunk: Uint8Array): boolean {
    this.spec.watcher?.passing();
    if (!this.#gone.has(stream) && writeAll(FD[stream], chunk).error !== undefined) this.#gone.add(stream);
    this.spec.watcher?.passed(stream, chunk);
    const reader = this.#readers.get(stream);
    if (reader) {
      reader.bytes += chunk.length;
      if (reader.bytes > TAP_BEGINS_BYTES && !reader.tap.hasBegun) this.#readers.delete(stream);
      const now = this.clock.now();
      reader.splitter.push(chunk, (line) => reader.tap.line(line, now));
    }
    return !this.#gone.has(stream);
  }
}
