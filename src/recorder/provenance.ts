import fs from "node:fs";
import { ciOf } from "../model/ci.ts";
import { os } from "../os.ts";
import { askWhetherDirty } from "./git-dirty.ts";
import { type GitHead, gitHead } from "./git-head.ts";

type Tags = readonly (readonly [string, string])[];

/**
 * Starts to find out where, and on what state of a working tree, a run takes place; git may work then. Returns what waits
 * for it, until 200 ms after the start and not at all from then on: the tags of the run, of which an empty value is none.
 * Neither throws.
 */
export function startProvenance(rootDir: string): () => Tags {
  const head = gitHead(rootDir);
  const dirty = head === null ? null : askWhetherDirty(rootDir);
  let tags: Tags | undefined;
  return () => {
    tags ??= [...knownTags(head), ["git.dirty", String(dirty?.() ?? "")]];
    return tags;
  };
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
