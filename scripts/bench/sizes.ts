import { join } from "node:path";
import { tarGz } from "../build/archive.ts";
import { documents, root } from "../build/project.ts";
import type { Bench } from "./setup.ts";

/** Measures what a user downloads and installs: the executable, and the archive that a release makes of it. */
export async function measureSizes(bench: Bench): Promise<void> {
  const bytes = await Bun.file(bench.program).bytes();
  const empty = Bun.file(bench.empty).size;
  bench.add({
    name: "executable",
    unit: "bytes",
    samples: [bytes.length],
    against: { name: "empty program", samples: [empty] },
  });
  const entries = [{ name: "scenariolog", bytes, executable: true }];
  for (const name of documents()) {
    entries.push({ name, bytes: await Bun.file(join(root, name)).bytes(), executable: false });
  }
  const archive = tarGz(entries, new Date(0)).length;
  bench.add({ name: "its archive, .tar.gz", unit: "bytes", samples: [archive] });
}
