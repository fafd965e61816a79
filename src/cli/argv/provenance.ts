/** The tags of a run's provenance; null if a flag or the environment turns them off. */
export async function provenanceFor(args: Readonly<Record<string, unknown>>, rootDir: string) {
  if (args["no-provenance"] === true) return null;
  if (!["", "0", undefined].includes(process.env.SCENARIOLOG_NO_PROVENANCE)) return null;
  return (await import("../../recorder/run/provenance.ts")).provenanceOf(rootDir);
}
