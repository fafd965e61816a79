import fs from "node:fs";
import path from "node:path";
import { openPlain } from "./plain-file.ts";

const KEY_BYTES = 32;

/**
 * The secret by which this user's recorders know what they wrote themselves: `recorder-key` in the directory for the
 * state of programs (XDG_STATE_HOME, else ~/.local/state). It signs nothing that leaves the machine. Null where there is
 * none, or not a safe one: another user owns it or can read it.
 */
export function ownKey(): Buffer | null {
  const file = keyFile();
  return file === null ? null : read(file);
}

/** The same; makes the key where there is none. Null where it cannot be kept. */
export function ensureOwnKey(): Buffer | null {
  const file = keyFile();
  if (file === null) return null;
  const known = read(file);
  if (known !== null) return known;
  const draft = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(draft, crypto.getRandomValues(Buffer.alloc(KEY_BYTES)), { flag: "wx", mode: 0o600 });
    // Of several recorders that start at once, all use the key of the first.
    fs.linkSync(draft, file);
  } catch {
    // There is one by now, or it cannot be kept here.
  }
  try {
    fs.rmSync(draft, { force: true });
  } catch {
    // In a directory that cannot be written there is no draft.
  }
  return read(file);
}

function keyFile(): string | null {
  const { XDG_STATE_HOME: state, HOME: home } = process.env;
  const dir = state && path.isAbsolute(state) ? state : home && path.isAbsolute(home) ? `${home}/.local/state` : null;
  if (dir === null || (!state && !isOurs(home!))) return null;
  return path.join(dir, "scenariolog", "recorder-key");
}

/** Not the home of whoever called sudo, where a directory of root's would be in the way. */
function isOurs(dir: string): boolean {
  try {
    return fs.statSync(dir).uid === process.geteuid?.();
  } catch {
    return false;
  }
}

function read(file: string): Buffer | null {
  try {
    const fd = openPlain(file);
    try {
      const { uid, mode, size } = fs.fstatSync(fd);
      if (uid !== process.geteuid?.() || (mode & 0o077) !== 0 || size !== KEY_BYTES) return null;
      const key = Buffer.alloc(KEY_BYTES);
      return fs.readSync(fd, key, 0, KEY_BYTES, 0) === KEY_BYTES ? key : null;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}
