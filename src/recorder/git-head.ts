import fs from "node:fs";
import path from "node:path";

/** What is checked out in a directory. */
export interface GitHead {
  /** In hex; "" before the first commit, and where only git itself can tell (reftable). */
  readonly commit: string;
  /** "" when no branch is checked out. */
  readonly branch: string;
}

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * Read from the files of git's own, without git: https://git-scm.com/docs/gitrepository-layout. Null where the directory
 * is in no working tree, or what is there cannot be read.
 */
export function gitHead(dir: string): GitHead | null {
  try {
    const gitDir = gitDirOf(dir);
    return gitDir === null ? null : headOf(gitDir);
  } catch {
    return null;
  }
}

function headOf(gitDir: string): GitHead | null {
  const head = textOf(path.join(gitDir, "HEAD"));
  if (head === null) return null;
  if (HASH.test(head)) return { commit: head, branch: "" };
  const ref = /^ref: (refs\/.+)$/.exec(head)?.[1];
  if (ref === undefined || ref.split("/").includes("..")) return null;
  // All references are elsewhere then.
  if (ref === "refs/heads/.invalid") return { commit: "", branch: "" };
  return { commit: commitOf(gitDir, ref), branch: ref.replace(/^refs\/heads\//, "") };
}

/** The nearest `.git` from there upwards; in a linked working tree it is a file that names the directory. */
function gitDirOf(dir: string): string | null {
  for (let at = fs.realpathSync(dir); ; at = path.dirname(at)) {
    const file = path.join(at, ".git");
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return file;
    const named = stat?.isFile() ? /^gitdir: (.+)$/.exec(textOf(file) ?? "")?.[1] : undefined;
    if (named !== undefined) return path.resolve(at, named);
    if (at === path.dirname(at)) return null;
  }
}

function commitOf(gitDir: string, ref: string): string {
  const common = textOf(path.join(gitDir, "commondir"));
  const shared = common === null ? gitDir : path.resolve(gitDir, common);
  for (const dir of new Set([gitDir, shared])) {
    const loose = textOf(path.join(dir, ref));
    if (loose !== null && HASH.test(loose)) return loose;
  }
  return packed(path.join(shared, "packed-refs"), ref);
}

function packed(file: string, ref: string): string {
  const text = textOf(file) ?? "";
  const end = `${text}\n`.indexOf(` ${ref}\n`);
  const hash = end < 0 ? "" : text.slice(text.lastIndexOf("\n", end) + 1, end);
  return HASH.test(hash) ? hash : "";
}

/** Null when there is no such file. */
function textOf(file: string): string | null {
  try {
    return fs.readFileSync(file, "utf8").trimEnd();
  } catch {
    return null;
  }
}
