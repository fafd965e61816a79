import { storedPath } from "../../files/paths.ts";
import { insertArtifact } from "../../store/artifacts.ts";
import { lastAttemptOf } from "../../store/attempts.ts";
import { insertLogFile } from "../../store/log-files.ts";
import type { Store } from "../../store/store.ts";
import { setTags } from "../../store/tags.ts";
import { insertCommands, type TracedCommand } from "../../store/traced-commands.ts";
import { realName } from "../../sys/real-path.ts";
import { vacate } from "./log-rows.ts";

/** All that is kept of a trace, redacted. */
export interface TraceRows {
  readonly file: TraceFile | null;
  readonly commands: readonly Omit<TracedCommand, "command_id">[];
  readonly tags: readonly (readonly [string, string])[];
}

export interface TraceFile {
  readonly path: string;
  readonly fileId: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly movedAside: readonly string[];
}

/** Within the caller's transaction. */
export function writeTrace(
  store: Store,
  scope: { readonly runId: string; readonly stepId: string },
  attempt: number,
  { rootDir, userKeys }: { readonly rootDir: string; readonly userKeys: readonly string[] },
  { file, commands, tags }: TraceRows,
): void {
  const { stepId } = scope;
  if (file) {
    const { path: name, fileId, sizeBytes, sha256 } = file;
    vacate(store, name, fileId, file.movedAside);
    const artifact = { kind: "trace", path: storedPath(rootDir, name), sizeBytes, sha256, isText: false };
    const artifact_id = insertArtifact(store, scope, artifact);
    insertLogFile(store, {
      file: realName(name),
      step_id: stepId,
      attempt,
      kind: "trace",
      artifact_id,
      file_id: fileId,
    });
  }
  const numbered = commands.map((row) => ({
    ...row,
    command_id: `${stepId}-trace-${attempt}-${String(row.command_num).padStart(5, "0")}`,
  }));
  insertCommands(store, { stepId, attempt }, numbered);
  if (lastAttemptOf(store, stepId) !== attempt) return;
  setTags(
    store,
    scope,
    tags.filter(([name]) => !userKeys.includes(name)),
  );
}
