import fs from "node:fs";
import path from "node:path";
import type { LogFile, Written } from "../../capture/log/log-file.ts";
import { storedPath } from "../../files/paths.ts";
import { vouchForLogs } from "../../files/vouched.ts";
import { commandIdOf, commandLogFileName, STREAMS, type Stream } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { finishArtifact, insertArtifact, removeArtifact } from "../../store/artifacts.ts";
import { finishCommand, insertCommand, nextCommandNum, RECORDER_TAG } from "../../store/commands.ts";
import { leaveUnindexed } from "../../store/lines.ts";
import { ownRecorder } from "../../store/recorders.ts";
import type { Store } from "../../store/store.ts";
import { insertTags, removeTags, type Scope, setTags } from "../../store/tags.ts";
import { whereIs } from "../../sys/file-id.ts";
import { enterLog } from "../rows/log-rows.ts";
import { logFileOf } from "../step/redacted-log.ts";
import { guestLogDir } from "./guest-log-dir.ts";
import { type Place, stepOf } from "./place.ts";

export interface CommandBeginning {
  readonly argv: readonly [string, ...string[]];
  /** "" is none. */
  readonly name: string;
  /** Null where it is gone. */
  readonly cwd: string | null;
  /** Relative to the run's root unless absolute. */
  readonly logDir: string;
  readonly startedAt: string;
  readonly redactor: Redactor;
  readonly redactLogs: boolean;
}

/** A command that is being recorded. */
export interface CommandRows {
  readonly scope: Scope & { readonly commandId: string };
  readonly rootDir: string;
  readonly logs: Readonly<Record<Stream, { readonly file: LogFile; readonly artifactId: number }>>;
}

/**
 * The rows and files of a new command of a step, in one transaction: its number is in its files' names. On record from
 * the start is who records it and where its files are, for the case that it never gets to its end.
 */
export function beginCommand(store: Store, at: Place, beginning: CommandBeginning): CommandRows {
  const made: LogFile[] = [];
  try {
    return store.transaction(() => insertRows(store, at, beginning, made));
  } catch (error) {
    // What nobody knows of is not to stay. The file is ours: nothing that was there is written over.
    for (const file of made) if (file.fileId !== null) fs.rmSync(file.path, { force: true });
    throw error;
  }
}

function insertRows(store: Store, at: Place, beginning: CommandBeginning, made: LogFile[]): CommandRows {
  const { run, runId, step, stepId, attempt } = stepOf(at);
  const [argv0, ...args] = beginning.argv;
  const num = nextCommandNum(store, stepId);
  const commandId = commandIdOf(stepId, num);
  insertCommand(store, {
    command_id: commandId,
    step_id: stepId,
    command_num: num,
    argv0,
    argv_json: JSON.stringify(beginning.redactor.args(args)),
    cwd: beginning.cwd,
    started_at: beginning.startedAt,
  });
  const scope = { runId, stepId, commandId };
  insertTags(store, scope, [
    ["cmd.name", beginning.name],
    [RECORDER_TAG, JSON.stringify(ownRecorder())],
  ]);
  const dir = guestLogDir(store, run, beginning.logDir);
  fs.mkdirSync(dir, { recursive: true });
  vouchForLogs(store, runId, { root: null, log: dir });
  const open = (stream: Stream) => {
    // All of it goes to the console anyway.
    const file = logFileOf(path.join(dir, commandLogFileName(step.step_num, num, stream)), null, beginning);
    made.push(file);
    const artifact = {
      kind: `cmd-${stream}`,
      path: storedPath(run.root_dir, file.path),
      sizeBytes: null,
      sha256: null,
    };
    const artifactId = insertArtifact(store, scope, artifact);
    // Its lines are in the step's own log as well.
    leaveUnindexed(store, artifactId);
    enterLog(store, { stepId, attempt }, file, { kind: artifact.kind, artifact_id: artifactId });
    return { file, artifactId };
  };
  return { scope, rootDir: run.root_dir, logs: { stdout: open("stdout"), stderr: open("stderr") } };
}

export interface CommandEnd {
  readonly completedAt: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly tags: readonly (readonly [string, string])[];
}

/** What became of a command and its files, within the caller's transaction. */
export function endCommand(
  store: Store,
  { scope, rootDir }: Pick<CommandRows, "scope" | "rootDir">,
  end: CommandEnd,
  written: readonly (Pick<Written, "path" | "fileId" | "sizeBytes" | "sha256"> & { readonly artifactId: number })[],
): void {
  finishCommand(store, scope.commandId, end);
  setTags(store, scope, end.tags);
  removeTags(store, scope, [RECORDER_TAG]);
  for (const { artifactId, path: last, fileId, sizeBytes, sha256 } of written) {
    if (last === null) removeArtifact(store, artifactId);
    else {
      const file = (fileId === null ? null : whereIs(last, fileId)) ?? last;
      finishArtifact(store, artifactId, { path: storedPath(rootDir, file), sizeBytes, sha256 });
    }
  }
}

/** Closes its files. Returns what is in them, and what went wrong with them, a line each. */
export async function closeLogs({ logs }: CommandRows) {
  const written = await Promise.all(
    STREAMS.map(async (stream) => ({ artifactId: logs[stream].artifactId, ...(await logs[stream].file.close()) })),
  );
  return { written, problems: written.flatMap(({ problem }) => problem ?? []) };
}
