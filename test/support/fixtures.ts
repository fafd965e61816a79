import path from "node:path";

/** The path of a small program in test/fixtures/programs. */
export function fixture(name: string): string {
  return path.join(import.meta.dir, "../fixtures/programs", name);
}
