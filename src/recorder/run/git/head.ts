import path from "node:path";
import { gitFile, type Repository, shortText } from "./repository.ts";

/** What is checked out in a working tree. */
export interface GitHead {
  /** In hex; "" before the first commit, and where only git itself can tell (reftable). */
  readonly commit: string;
  /** "" when no branch is checked out. */
  readonly branch: string;
}

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** 100,000 references have 7 MB. */
const PACKED_REFS_BYTES = 16 << 20;

/**
 * Reads the files of the repository, without git: https://git-scm.com/docs/gitrepository-layout. Null where these cannot
 * be read, or are not what git writes.
 */
export function headOf(repository: Repository): GitHead | null {
  const head = shortText(path.join(repository.gitDir, "HEAD"));
  if (head === null) return null;
  if (HASH.test(head)) return { commit: head, branch: "" };
  const ref = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (ref === undefined || ref.includes("\0") || ref.split("/").includes("..")) return null;
  // The repository keeps its references in a reftable.
  if (ref === "refs/heads/.invalid") return { commit: "", branch: "" };
  return { commit: commitOf(repository, ref), branch: ref.replace(/^refs\/heads\//, "") };
}

function commitOf({ gitDir, commonDir }: Repository, ref: string): string {
  for (const dir of new Set([gitDir, commonDir])) {
    const loose = shortText(path.join(dir, ref));
    if (loose !== null && HASH.test(loose)) return loose;
  }
  const packed = gitFile(path.join(commonDir, "packed-refs"), PACKED_REFS_BYTES)?.toString("utf8") ?? "";
  const end = `${packed}\n`.indexOf(` ${ref}\n`);
  const hash = end < 0 ? "" : packed.slice(packed.lastIndexOf("\n", end) + 1, end);
  return HASH.test(hash) ? hash : "";
}
