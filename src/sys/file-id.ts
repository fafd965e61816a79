import fs from "node:fs";
import path from "node:path";

/**
 * Names a file of this machine whatever it is called: `device:inode:birth`, as an inode's number is soon used again; the
 * time of its birth, in ns, is 0 where it is not kept. Null when there is no file; links are not followed.
 */
export function fileIdOf(file: string | number): string | null {
  try {
    const { dev, ino, birthtimeNs } =
      typeof file === "number" ? fs.fstatSync(file, { bigint: true }) : fs.lstatSync(file, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    return null;
  }
}

/** Whether two descriptors are of one file. False if one of them is not open. */
export function isSameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fs.fstatSync(one, { bigint: true }), fs.fstatSync(other, { bigint: true })];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/** Where a log is by now: at its own name, or at one that `moveAside` gives. Null when it is at none. */
export function whereIs(file: string, id: string): string | null {
  if (fileIdOf(file) === id) return file;
  const { dir, name, ext } = path.parse(file);
  const stem = name.replace(/\.\d+$/, "");
  const isSibling = (other: string) =>
    other.startsWith(stem) && other.endsWith(ext) && /^(\.\d+)?$/.test(other.slice(stem.length, -ext.length));
  return (
    namesIn(dir)
      .filter(isSibling)
      .map((other) => path.join(dir, other))
      .find((other) => fileIdOf(other) === id) ?? null
  );
}

function namesIn(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}
