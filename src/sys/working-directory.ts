/** Where the executable's start code moves to if its caller's directory has no path: see scripts/build/elf-start-code.ts. */
const NOWHERE = /^\/proc\/\d+\/fdinfo$/;

/**
 * The absolute path of the directory that this process was started in. Null if it has none: the directory was deleted,
 * before the start or since. A relative path then names nothing.
 */
export function workingDirectory(): string | null {
  try {
    const directory = process.cwd();
    return NOWHERE.test(directory) ? null : directory;
  } catch {
    return null;
  }
}

/** A text about paths, with the directory that a user knows nothing about named as what it stands for. */
export function withoutNowhere(text: string): string {
  return text.replace(/\/proc\/\d+\/fdinfo\b/g, "(deleted directory)");
}
