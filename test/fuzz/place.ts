import fs from "node:fs";
import path from "node:path";

/** The content of a directory, as text: two are equal if nothing was created, removed or written. */
export function listingOf(dir: string): string {
  return fs
    .readdirSync(dir)
    .sort()
    .map((name) => {
      const file = path.join(dir, name);
      const stat = fs.lstatSync(file);
      // A directory's own time changes if a file comes and goes, and says no more than its entries.
      if (stat.isDirectory()) return `${name} ${stat.mode} [\n${listingOf(file)}]`;
      return `${name} ${stat.mode} ${stat.size} ${stat.mtimeMs} ${stat.ino}`;
    })
    .join("\n");
}

/** Empties a directory and fills it with a copy of another. */
export function refill(dir: string, from: string): void {
  for (const name of fs.readdirSync(dir)) fs.rmSync(path.join(dir, name), { recursive: true, force: true });
  // Not fs.cpSync, which refuses a FIFO.
  Bun.spawnSync(["cp", "-a", `${from}/.`, dir]);
}
