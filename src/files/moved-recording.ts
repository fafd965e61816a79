import path from "node:path";

/** Nobody nests directories deeper; a longer path is hostile. */
const MOST_PARTS = 64;

/** A place where a file of a moved recording may lie. */
export interface MovedPlace {
  readonly file: string;
  /** What now stands for the recorded directory. */
  readonly dir: string;
}

/**
 * Where a recorded file may lie after its recording was moved: in `dirs` by the end of its recorded path. A path beneath the
 * recorded root keeps all of itself below that root, because a shorter end could mean another file; of any other path at
 * least the last two parts have to be there. Most likely places come first; empty for a path that leads upwards.
 */
export function movedPlaces(dirs: readonly string[], rootDir: string, stored: string): MovedPlace[] {
  const root = partsOf(rootDir);
  const given = partsOf(stored);
  const full = isAbsolute(stored) ? given : [...root, ...given];
  if (full.length > MOST_PARTS || full.includes("..")) return [];
  const isBelowRoot = root.length > 0 && full.length > root.length && root.every((part, i) => part === full[i]);
  const own = full.length - root.length;
  const lengths = isBelowRoot
    ? Array.from({ length: root.length }, (_, i) => own + i)
    : Array.from({ length: Math.max(0, full.length - 2) }, (_, i) => full.length - 1 - i);
  // A root that is the whole of a drive or of `/` has no parts of its own.
  const all = lengths.length === 0 && !isAbsolute(stored) ? [given.length] : lengths;
  return dirs.flatMap((dir) =>
    all.map((length) => {
      const parts = full.slice(full.length - length);
      const kept = isBelowRoot ? parts.slice(0, length - own) : parts.slice(0, -1);
      return { file: path.join(dir, ...parts), dir: path.join(dir, ...kept) };
    }),
  );
}

/** Whether a path is one of Windows, read on another system, where `path` takes it for a relative name. */
export function isForeign(file: string): boolean {
  return process.platform !== "win32" && WINDOWS.test(file);
}

const WINDOWS = /^(?:[A-Za-z]:[\\/]|\\\\)/;

function isAbsolute(file: string): boolean {
  return WINDOWS.test(file) || path.posix.isAbsolute(file);
}

/** Without a drive letter, and without parts that mean nothing. */
function partsOf(file: string): string[] {
  const parts = WINDOWS.test(file) ? file.replace(/^[A-Za-z]:/, "").split(/[\\/]+/) : file.split("/");
  return parts.filter((part) => part !== "" && part !== ".");
}
