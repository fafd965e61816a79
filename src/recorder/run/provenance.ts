import fs from "node:fs";
import { ciOf } from "../../model/ci.ts";
import { os } from "../../sys/node-os.ts";
import { isDirty } from "./git/dirty.ts";
import { type GitHead, headOf } from "./git/head.ts";
import { repositoryOf } from "./git/repository.ts";

type Tags = readonly (readonly [string, string])[];

/**
 * The tags that say where, and on what state of a working tree, a run takes place; an empty value is none. Starts no
 * program: a repository may come from anyone, and git runs what it configures. Never throws.
 */
export function provenanceOf(rootDir: string): Tags {
  const git = gitStateOf(rootDir);
  return [...knownTags(git.head), ["git.dirty", String(git.dirty ?? "")]];
}

function gitStateOf(dir: string): { head: GitHead | null; dirty: boolean | null } {
  try {
    const repository = repositoryOf(dir);
    const head = repository && headOf(repository);
    return { head, dirty: repository && head && isDirty(repository, head.commit) };
  } catch {
    return { head: null, dirty: null };
  }
}

function knownTags(head: GitHead | null): Tags {
  const ci = ciOf(process.env);
  return [
    ["host.name", hostName()],
    ["host.os", process.platform],
    ["host.arch", process.arch],
    ["ci.provider", ci?.provider ?? ""],
    ["ci.job_url", ci?.jobUrl ?? ""],
    ["git.commit", head?.commit ?? ""],
    ["git.branch", head?.branch ?? ""],
  ];
}

/** On Linux without node:os. */
function hostName(): string {
  try {
    if (process.platform === "linux") return fs.readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
    return os().hostname();
  } catch {
    return "";
  }
}
