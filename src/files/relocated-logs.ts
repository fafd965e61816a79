import fs from "node:fs";
import path from "node:path";
import { type Artifact, artifactOf } from "../store/artifacts.ts";
import { type LogRow, logFileAt, moveLogFile } from "../store/log-files.ts";
import type { Store } from "../store/store.ts";
import { whereIs } from "../sys/file-id.ts";
import { realName } from "../sys/real-path.ts";
import type { Gate } from "./gate.ts";
import { hashOf } from "./hash.ts";
import { LOG_NAME } from "./log-name.ts";

/**
 * Points rows of logs to where these are by now: a run that records into another database moves them out of its way,
 * and cannot know whose they are. What is nowhere to be found is left as it is.
 */
export async function findStrayed(store: Store, gate: Gate, rows: readonly LogRow[]): Promise<void> {
  for (const row of rows) {
    const place = await placeOf(store, gate, row);
    if (place === null) continue;
    store.transaction(() => {
      // Unless somebody was faster.
      const now = logFileAt(store, row.file);
      if (now?.file_id === row.file_id) moveLogFile(store, now, place);
    });
  }
}

/** Where a log is now; null when it is at none of the names that logs are moved to, or is not as it was recorded. */
export async function placeOf(store: Store, gate: Gate, row: LogRow): Promise<string | null> {
  if (row.file_id === null || !LOG_NAME.test(path.basename(row.file)) || !gate.admits(realName(row.file))) return null;
  const place = whereIs(row.file, row.file_id);
  if (place === null || place === row.file || row.artifact_id === null) return place;
  const artifact = artifactOf(store, row.artifact_id);
  return artifact !== null && (await isAsRecorded(place, artifact)) ? place : null;
}

/** An inode's number alone says little where a whole tree was copied. */
async function isAsRecorded(file: string, { size_bytes: size, sha256 }: Artifact): Promise<boolean> {
  try {
    const stat = fs.lstatSync(file);
    if (size === null) return stat.isFile(); // it is still being written
    return stat.isFile() && stat.size === size && (await hashOf(file, stat.size)) === sha256;
  } catch {
    return false;
  }
}
