import fs from "node:fs";
import path from "node:path";

/** Every file below a directory, with the hash of its bytes: two results are equal if nothing was touched. */
export function contentsOf(dir: string): Record<string, string> {
  const names = fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [
        path.relative(dir, file),
        new Bun.CryptoHasher("sha256").update(fs.readFileSync(file)).digest("hex"),
      ]),
  );
}
