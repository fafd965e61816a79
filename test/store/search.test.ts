import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import path from "node:path";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { appendLines, indexStateOf } from "../../src/store/lines.ts";
import { openForReading, openForWriting } from "../../src/store/open.ts";
import { findRun, insertRun } from "../../src/store/runs.ts";
import { type Hit, type SearchSpec, searchLines } from "../../src/store/search.ts";
import { insertStep } from "../../src/store/steps.ts";
import type { Store } from "../../src/store/store.ts";
import { GoBuild } from "../support/go-build.ts";
import { tempDir } from "../support/program.ts";
import { randomOf } from "../support/random.ts";

interface Log {
  readonly run: string;
  readonly artifactId: number;
  readonly step: number | null;
  readonly kind: string;
  readonly go: boolean;
  /** Indexed in one transaction, as the Go build does. Also without that its lines must be found. */
  readonly whole: boolean;
  readonly lines: string[];
  /** Lines that are in the index already. */
  indexed: number;
}

const RUNS = 60;
const RANK = ["stdout", "stderr"];
let store: Store;
let logs: Log[];

/**
 * Sixty runs whose logs are written by us and by the Go build, in no order: several at once in short transactions, so
 * that their lines lie between one another, some left unfinished, some never begun.
 */
beforeAll(async () => {
  const file = path.join(tempDir(), "mixed.db");
  const writer = openForWriting(file, { create: true });
  const go = new GoBuild(file);
  const random = randomOf(7);
  logs = [];
  for (let r = 0; r < RUNS; r++) {
    // Odd ones start in the same second as the run before them, half a second later.
    const started_at = `2024-01-01T00:${String(r >> 1).padStart(2, "0")}:00${r % 2 === 0 ? "Z" : ".5Z"}`;
    const run = `run-${(r * 17) % RUNS}`;
    insertRun(writer, { run_id: run, root_dir: "/", suite: null, started_at });
    for (const step of [2, 1, 10]) {
      const step_id = `${run}-step-${step}`;
      insertStep(writer, { step_id, run_id: run, step_num: step, step_name: "n", script_path: null, started_at });
      for (const kind of ["stderr", "stdout", "log"]) addLog({ run, step_id, step, kind });
    }
    addLog({ run, step_id: null, step: null, kind: "stdout" });
  }
  function addLog({
    run,
    step_id,
    step,
    kind,
  }: {
    run: string;
    step_id: string | null;
    step: number | null;
    kind: string;
  }) {
    const isGo = random() < 0.3;
    const scope = { runId: run, ...(step_id === null ? {} : { stepId: step_id }) };
    const artifactId = isGo
      ? go.artifact(scope, kind, `${step}-${kind}`, null)
      : insertArtifact(
          writer,
          { runId: run, stepId: step_id },
          { kind, path: `${step}-${kind}`, sizeBytes: 1, sha256: "" },
        );
    const word = () => (random() < 0.5 ? "common" : "other");
    const lines = Array.from(
      { length: Math.floor(random() * 12) },
      (_, i) => `${word()} ${run} x${i} ${random() < 0.01 ? "rare" : ""}`,
    );
    logs.push({ run, artifactId, step, kind, go: isGo, whole: isGo && random() < 0.5, lines, indexed: 0 });
  }
  const waiting = logs.filter((log) => log.lines.length > 0 && random() > 0.1);
  while (waiting.length > 0) {
    const at = Math.floor(random() * Math.min(6, waiting.length));
    const log = waiting[at]!;
    const count = log.whole ? log.lines.length : Math.min(log.lines.length - log.indexed, 1 + Math.floor(random() * 6));
    if (log.whole) go.index(log.run, log.artifactId, log.lines.join("\n"));
    else if (log.go) {
      const insert = go.db.query("INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) VALUES (?, ?, ?, ?)");
      for (let i = log.indexed; i < log.indexed + count; i++) insert.run(log.run, log.artifactId, i + 1, log.lines[i]!);
    } else {
      const texts = log.lines.slice(log.indexed, log.indexed + count);
      const to = log.indexed + count;
      const from = { state: "partial", lines: log.indexed, bytes: log.indexed } as const;
      const state = to === log.lines.length ? "complete" : "partial";
      expect(
        await appendLines(writer, { runId: log.run, artifactId: log.artifactId }, texts, from, {
          state,
          lines: to,
          bytes: to,
        }),
      ).toBe(true);
    }
    log.indexed += count;
    if (log.indexed === log.lines.length || random() < 0.03) waiting.splice(at, 1);
  }
  go.close();
  writer.close();
  store = openForReading(file);
});
afterAll(() => store.close());

/** The answer by looking at every line of every log. */
function naive(spec: Omit<SearchSpec, "run" | "literal"> & { run: string | null }): string[] {
  const start = (run: string) => Array.from({ length: RUNS }, (_, r) => `run-${(r * 17) % RUNS}`).indexOf(run);
  return logs
    .filter((log) => spec.run === null || log.run === spec.run)
    .filter((log) => spec.stepNum === undefined || log.step === spec.stepNum)
    .filter((log) => spec.kind === undefined || log.kind === spec.kind)
    .sort(
      (a, b) =>
        start(a.run) - start(b.run) ||
        (a.step ?? -1) - (b.step ?? -1) ||
        rankOf(a.kind) - rankOf(b.kind) ||
        a.artifactId - b.artifactId,
    )
    .flatMap((log) => log.lines.slice(0, log.indexed).map((text, i) => ({ log, text, line: i + 1 })))
    .filter(({ text }) => text.split(/[ -]/).includes(spec.query))
    .map(({ log, line, text }) => `${log.run} ${log.artifactId} ${line} ${text}`)
    .slice(0, spec.limit < 0 ? undefined : spec.limit);
}

function rankOf(kind: string): number {
  return RANK.includes(kind) ? RANK.indexOf(kind) : RANK.length;
}

const shown = (hit: Hit) => `${hit.run_id} ${hit.artifact_id} ${hit.line_num} ${hit.text}`;

function search(spec: Parameters<typeof naive>[0]): string[] {
  const { run, ...rest } = spec;
  return searchLines(store, { ...rest, literal: false, run: run === null ? null : findRun(store, run) }).hits.map(
    shown,
  );
}

describe("in a database with lines of many writers in no order, a search finds exactly the lines of", () => {
  test("each run, in the order of its steps, streams and lines", () => {
    for (let r = 0; r < RUNS; r++) {
      for (const query of ["common", "rare", "x3", "absent"]) {
        const spec = { run: `run-${r}`, query, limit: -1 };
        expect(search(spec)).toEqual(naive(spec));
      }
    }
  });

  test("all runs, in the order of their start, for a word in many lines and in few", () => {
    expect(naive({ run: null, query: "common", limit: -1 }).length).toBeGreaterThan(1000);
    expect(naive({ run: null, query: "rare", limit: -1 }).length).toBeWithin(2, 1000);
    for (const query of ["common", "rare", "x3", "run", "absent"]) {
      const spec = { run: null, query, limit: -1 };
      expect(search(spec)).toEqual(naive(spec));
    }
  });

  test("one step or one stream, up to any limit", () => {
    for (const run of [null, "run-3", "run-20"]) {
      for (const stepNum of [undefined, 1, 10, 5]) {
        for (const kind of [undefined, "stdout", "log", "none"]) {
          for (const limit of [-1, 0, 1, 7, 100]) {
            for (const query of ["common", "x2"]) {
              const spec = {
                run,
                query,
                limit,
                ...(stepNum === undefined ? {} : { stepNum }),
                ...(kind === undefined ? {} : { kind }),
              };
              expect(search(spec)).toEqual(naive(spec));
            }
          }
        }
      }
    }
  });
});

test("a search says how many logs are not wholly in the index, as far as it knows", () => {
  const missing = (run: string) =>
    logs.filter(
      (log) =>
        log.run === run && (log.go ? log.indexed === 0 : log.indexed < log.lines.length || log.lines.length === 0),
    );
  for (let r = 0; r < RUNS; r++) {
    const run = findRun(store, `run-${r}`);
    const { unindexed } = searchLines(store, { run, query: "common", literal: false, limit: -1 });
    expect({ run: run.run_id, unindexed }).toEqual({ run: run.run_id, unindexed: missing(run.run_id).length });
  }
});

test("of two processes that index one log, one goes on and the other adds nothing", async () => {
  const writer = openForWriting(path.join(tempDir(), "x.db"), { create: true });
  insertRun(writer, { run_id: "r", root_dir: "/", suite: null, started_at: "2024-01-01T00:00:00Z" });
  const artifactId = insertArtifact(
    writer,
    { runId: "r", stepId: null },
    { kind: "stdout", path: "p", sizeBytes: 9, sha256: "" },
  );
  const target = { runId: "r", artifactId };
  const none = { state: "partial", lines: 0, bytes: 0 } as const;
  const one = { state: "partial", lines: 1, bytes: 2 } as const;
  const all = { state: "complete", lines: 2, bytes: 4 } as const;
  expect(indexStateOf(writer, artifactId)).toEqual(none);
  expect(await appendLines(writer, target, ["a"], none, one)).toBe(true);
  expect(await appendLines(writer, target, ["a"], none, one)).toBe(false);
  expect(await appendLines(writer, target, ["b"], one, all)).toBe(true);
  expect(await appendLines(writer, target, ["b"], one, all)).toBe(false);
  expect(await appendLines(writer, target, ["c"], all, { ...all, lines: 3 })).toBe(false);
  expect(writer.all("SELECT line_num, text FROM log_lines_fts")).toEqual([
    { line_num: 1, text: "a" },
    { line_num: 2, text: "b" },
  ]);
  expect(indexStateOf(writer, artifactId)).toEqual(all);
  writer.close();
});
