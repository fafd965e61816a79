import fs from "node:fs";
import path from "node:path";
import { os } from "../../sys/node-os.ts";
import { isOwn, pendingFilesIn } from "./files.ts";

/** Whether rows may wait for this database: one look, for every start. */
export function mayHavePending(database: string): boolean {
  return fs.existsSync(spoolOf(database));
}

/** Files of rows that may wait for this database, in `dirs` and wherever else it is known of. */
export function pendingFilesFor(database: string, dirs: Iterable<string>): string[] {
  const spool = ownSpool(database);
  const linked = spool === null ? [] : linksIn(spool).map(realDir);
  const all = new Set([...dirs, ...linked, ...(spool === null ? [] : [spool])].map(realDir));
  return [...all].flatMap(pendingFilesIn);
}

/** Takes away what leads to log dirs in which nothing waits any more. Never throws. */
export function tidyPlaces(database: string): void {
  const spool = ownSpool(database);
  if (spool === null) return;
  try {
    for (const link of linksIn(spool)) if (pendingFilesIn(link).length === 0) fs.unlinkSync(link);
    // Not if there is anything in it.
    fs.rmdirSync(spool);
  } catch {
    // Another one tidies at the same moment, or something still waits.
  }
}

/** Forgets the log dirs that are gone, with whatever waited there, for all databases. Never throws. */
export function sweep(): void {
  for (const name of namesIn(baseDir())) {
    const spool = path.join(baseDir(), name);
    for (const link of linksIn(spool)) {
      if (fs.existsSync(link)) continue;
      try {
        fs.unlinkSync(link);
        fs.rmdirSync(spool);
      } catch {
        // Another one was faster, or something else is in there.
      }
    }
  }
}

/** A database's name, also of one that is gone by now. */
export function databaseName(database: string): string {
  const file = path.resolve(database);
  try {
    return fs.realpathSync(file);
  } catch {
    return path.join(realDir(path.dirname(file)), path.basename(file));
  }
}

function spoolOf(database: string): string {
  return path.join(baseDir(), Bun.hash(databaseName(database)).toString(16).padStart(16, "0"));
}

function baseDir(): string {
  const temp = process.platform === "win32" ? os().tmpdir() : process.env.TMPDIR || "/tmp";
  return path.join(temp, `scenariolog-${process.getuid?.() ?? "pending"}`);
}

/** Null if there is none, or if another user has made it, or may write into it: anybody can make one of its name. */
function ownSpool(database: string): string | null {
  const dir = spoolOf(database);
  return isOwnDirectory(path.dirname(dir)) && isOwnDirectory(dir) ? dir : null;
}

/** Null if none can be made that is this user's alone. */
export function makeSpool(database: string): string | null {
  const dir = spoolOf(database);
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch {
    return null;
  }
  return ownSpool(database);
}

function isOwnDirectory(dir: string): boolean {
  try {
    const stat = fs.lstatSync(dir);
    return stat.isDirectory() && isOwn(stat) && (process.getuid === undefined || (stat.mode & 0o022) === 0);
  } catch {
    return false;
  }
}

/** Leads whoever opens the database to a log dir. Never throws. */
export function linkTo(database: string, logDir: string): void {
  try {
    const dir = makeSpool(database);
    const target = realDir(logDir);
    if (dir !== null) fs.symlinkSync(target, path.join(dir, `logs-${Bun.hash(target).toString(16)}`));
  } catch {
    // There is one already; or whoever is told the log dir finds the rows without it.
  }
}

/** Full paths of the links in a spool; each leads to a log dir, or to where one was. */
function linksIn(spool: string): string[] {
  return namesIn(spool)
    .map((name) => path.join(spool, name))
    .filter((link) => fs.lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink());
}

function namesIn(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}

/** The one name of a directory, through whatever links it was reached. */
export function realDir(dir: string): string {
  try {
    return fs.realpathSync(dir);
  } catch {
    return path.resolve(dir);
  }
}
