import fs from "node:fs";
import path from "node:path";

const ALL = "# Made by scenariolog, so that git does not see what it records.\n*\n";

/** Makes a directory for logs that git does not see. One that is there already is left as it is. Never throws. */
export function makeUnseenDir(dir: string): void {
  try {
    fs.mkdirSync(path.dirname(dir), { recursive: true });
    fs.mkdirSync(dir);
    fs.writeFileSync(path.join(dir, ".gitignore"), ALL, { flag: "wx" });
  } catch {
    // It is there, or it cannot be made: then the first log says why.
  }
}

/**
 * Keeps a database that is about to be made in its default place out of git's sight. In a directory without a `.gitignore`
 * that is one of our own, which ignores itself too. One that is there belongs to the project: it is never edited, and
 * neither is anything below `.git`. Returns the line that the user may want to add to it; null if nothing is to be done.
 * Never throws.
 */
export function hideDatabase(database: string): string | null {
  try {
    const dir = fs.realpathSync(path.dirname(path.resolve(database)));
    const name = path.basename(database);
    const above = directoriesToTree(dir);
    if (above === null || above.some((one) => ignores(path.join(one, ".gitignore"), name))) return null;
    const file = path.join(dir, ".gitignore");
    const line = `/${name}*`;
    if (fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined) return line;
    const text = `# Made by scenariolog; to make it the project's own, delete the next line.\n/.gitignore\n${line}\n`;
    fs.writeFileSync(file, text, { flag: "wx" });
    return null;
  } catch {
    return null;
  }
}

/** From a directory up to the top of its working tree; null outside of one. */
function directoriesToTree(from: string): string[] | null {
  const dirs: string[] = [];
  for (let dir = from; ; dir = path.dirname(dir)) {
    dirs.push(dir);
    if (fs.lstatSync(path.join(dir, ".git"), { throwIfNoEntry: false }) !== undefined) return dirs;
    if (dir === path.dirname(dir)) return null;
  }
}

/** Whether a pattern of an ignore file is meant for a file name, as far as that is easily seen: `*.db`, `/x.db*`. */
function ignores(file: string, name: string): boolean {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size > 1 << 20) return false;
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.trim().replace(/^\//, ""))
    .some((pattern) => pattern !== "" && !/^[#!]|\//.test(pattern) && new Bun.Glob(pattern).match(name));
}
