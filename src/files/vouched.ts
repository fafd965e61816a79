import fs from "node:fs";
import path from "node:path";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { insertVouchedDir, type VouchedDir, vouchedDirsOf } from "../store/vouched-dirs.ts";
import { fileIdOf } from "../sys/file-id.ts";
import { isWithin, realPathOf } from "../sys/real-path.ts";
import { besideDatabase } from "./beside.ts";
import { ensureOwnKey, ownKey } from "./own-key.ts";

/**
 * Notes that this user's recorder was told of a run's root, so that its files may be read wherever the database lies. The
 * note holds a MAC with the user's own key, over the database file itself (its inode and birth), the run and the
 * directory: whoever sends a database cannot make one, and in a copy of ours elsewhere none of them counts. Within the
 * caller's transaction.
 */
export function vouchForRoot(store: Store, runId: string, rootDir: string): void {
  const dir = realPathOf(rootDir);
  if (dir !== null) note(store, runId, [{ kind: "root", dir, said: rootDir }]);
}

/** The same of where a step's logs go. Nothing is noted, and hardly anything done, for what lies beside the database. */
export function vouchForLogs(
  store: Store,
  runId: string,
  dirs: { readonly root: string | null; readonly log: string },
): void {
  const beside = besideDatabase(store.path);
  const covers = (dir: string | null, real: string) => dir !== null && isWithin(dir, real);
  const root = dirs.root === null ? null : realPathOf(dirs.root);
  const log = realPathOf(dirs.log);
  const wanted: Place[] = [];
  // The run may have been started by the Go build, which notes nothing.
  if (root !== null && !covers(beside, root)) wanted.push({ kind: "root", dir: root, said: dirs.root! });
  if (log !== null && !covers(beside, log) && !covers(root, log))
    wanted.push({ kind: "log", dir: log, said: dirs.log });
  if (wanted.length > 0) note(store, runId, wanted);
}

type Place = Omit<VouchedDir, "mark">;

function note(store: Store, runId: string, places: readonly Place[]): void {
  const key = ensureOwnKey();
  const file = databaseId(store.path);
  if (key === null || file === null) return;
  for (const place of places) insertVouchedDir(store, runId, { ...place, mark: markOf(key, file, runId, place) });
}

/**
 * What this user's recorder has noted of a run in this very file; nothing where others can write to it, and no root but the
 * one that the run still says it has.
 */
export function vouchedDirs(store: Store, { run_id: runId, root_dir: rootDir }: Run): readonly VouchedDir[] {
  const noted = vouchedDirsOf(store, runId).filter(({ kind, said }) => kind !== "root" || said === rootDir);
  if (noted.length === 0) return [];
  const key = ownKey();
  const file = databaseId(store.path);
  if (key === null || file === null || !isOursAlone(store.path)) return [];
  return noted.filter((dir) => dir.mark === markOf(key, file, runId, dir));
}

function markOf(key: Buffer, file: string, runId: string, { kind, dir, said }: Place): string {
  return new Bun.CryptoHasher("sha256", key).update(JSON.stringify([file, runId, kind, dir, said])).digest("hex");
}

/** Inode and birth; not the device, whose number may be another one after a boot. */
function databaseId(database: string): string | null {
  const real = realPathOf(database);
  const id = real === null ? null : fileIdOf(real);
  return id === null ? null : id.slice(id.indexOf(":") + 1);
}

function isOursAlone(database: string): boolean {
  const WORLD_WRITABLE = 0o002;
  const { uid, mode } = fs.statSync(path.resolve(database));
  return uid === process.geteuid?.() && (mode & WORLD_WRITABLE) === 0;
}
