import fs from "node:fs";
import path from "node:path";
import { openPlain } from "../../../files/plain-file.ts";
import { treeOf } from "./commit-tree.ts";
import { headOf } from "./head.ts";
import { type GitIndex, type IndexEntry, parseIndex } from "./index-file.ts";
import { gitFile, type Repository, repositoryOf } from "./repository.ts";

/** A working tree that takes longer to look at is one of which this is not known. */
const LIMIT_MS = 50;
const INDEX_BYTES = 64 << 20;
const CONFIG_BYTES = 64 << 10;
/** Of files whose times say nothing, so much is read in all. */
const READ_BYTES = 32 << 20;

const [TYPE, LINK, SUBMODULE] = [0o170000, 0o120000, 0o160000];

/**
 * Whether tracked files of a working tree differ from its commit, as far as that can be told without git: `git status` runs
 * the filters that the repository configures, and a repository may come from anyone. Files that git does not know do not
 * count, as a suite's own logs would. Null where it is not known. Never throws.
 */
export function isDirty(repository: Repository, commit: string): boolean | null {
  try {
    return look(repository, commit);
  } catch {
    return null;
  }
}

function look(repository: Repository, commit: string): boolean | null {
  const file = path.join(repository.gitDir, "index");
  const bytes = gitFile(file, INDEX_BYTES);
  if (bytes === null) return commit === "" && !fs.existsSync(file) ? false : null;
  const index = parseIndex(bytes, commit.length === 64 ? 32 : 20);
  if (index === null) return null;
  const staged = isStaged(repository, commit, index);
  if (staged !== false) return staged;
  const tree = new WorkingTree(repository, index.entries, fs.statSync(file).mtimeMs);
  const untilMs = Bun.nanoseconds() / 1e6 + LIMIT_MS;
  let answer: boolean | null = false;
  for (const [i, entry] of index.entries.entries()) {
    if (i % 64 === 0 && Bun.nanoseconds() / 1e6 > untilMs) return null;
    const changed = entry.ignored ? false : tree.isChanged(entry);
    if (changed === true) return true;
    answer = changed === null ? null : answer;
  }
  return answer;
}

/** Whether the index differs from the commit. */
function isStaged(repository: Repository, commit: string, { entries, tree }: GitIndex): boolean | null {
  if (entries.some(({ stage, intentToAdd }) => stage !== 0 || intentToAdd)) return true;
  if (commit === "") return entries.length > 0;
  const committed = treeOf(repository, commit);
  return committed === null || tree === null ? null : tree !== committed;
}

class WorkingTree {
  #bytesLeft = READ_BYTES;
  /** Whether files may have another content here than in the repository: read when it is first needed. */
  #converts: boolean | undefined;

  constructor(
    private readonly repository: Repository,
    private readonly entries: readonly IndexEntry[],
    private readonly indexMs: number,
  ) {}

  /** Whether a tracked file is not as it is staged; null where that cannot be told. */
  isChanged(entry: IndexEntry): boolean | null {
    const parts = entry.path.split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..")) return null;
    const file = path.join(this.repository.tree, entry.path);
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    const type = entry.mode & TYPE;
    if (type === SUBMODULE) return stat === undefined ? true : isSubmoduleChanged(file, this.repository, entry);
    if (stat === undefined) return true;
    if (type === LINK ? !stat.isSymbolicLink() : !stat.isFile()) return true;
    if (type !== LINK && (stat.mode & 0o100) !== (entry.mode & 0o100) && this.#keepsModes()) return true;
    if (stat.size % 2 ** 32 !== entry.sizeBytes && entry.sizeBytes !== 0) return true;
    const isAsKnown = Math.abs(stat.mtimeMs - (entry.mtimeS * 1000 + entry.mtimeNs / 1e6)) < 0.001;
    // What was written in the same moment as the index may have changed since without another time.
    if (isAsKnown && stat.mtimeMs < this.indexMs && stat.size === entry.sizeBytes) return false;
    const content = type === LINK ? Buffer.from(fs.readlinkSync(file)) : this.#contentOf(file, stat.size);
    if (content === null) return null;
    if (blobHash(content, entry.hash.length) === entry.hash) return false;
    return type === LINK || !this.#mayConvert(content) ? true : null;
  }

  #contentOf(file: string, sizeBytes: number): Buffer | null {
    this.#bytesLeft -= sizeBytes;
    if (this.#bytesLeft < 0) return null;
    const fd = openPlain(file, { exact: true });
    try {
      const bytes = Buffer.alloc(sizeBytes);
      return fs.readSync(fd, bytes, 0, sizeBytes, 0) === sizeBytes ? bytes : null;
    } finally {
      fs.closeSync(fd);
    }
  }

  /** By line ends, or by what attributes say: then the staged content is another one than the file's. */
  #mayConvert(content: Buffer): boolean {
    this.#converts ??=
      fs.existsSync(path.join(this.repository.commonDir, "info/attributes")) ||
      /attributesfile/i.test(this.#config()) ||
      this.entries.some(({ path: name }) => name === ".gitattributes" || name.endsWith("/.gitattributes"));
    return this.#converts || content.includes(0x0d);
  }

  #keepsModes(): boolean {
    return !/^\s*filemode\s*=\s*(?:false|no|off|0)\b/im.test(this.#config());
  }

  #config(): string {
    return gitFile(path.join(this.repository.commonDir, "config"), CONFIG_BYTES)?.toString("utf8") ?? "";
  }
}

/** One that is not checked out is as it should be. */
function isSubmoduleChanged(dir: string, around: Repository, { hash }: IndexEntry): boolean | null {
  const repository = fs.statSync(dir).isDirectory() ? repositoryOf(dir) : null;
  if (repository === null || repository.tree === around.tree) return false;
  const head = headOf(repository);
  return head === null || head.commit === "" ? null : head.commit !== hash;
}

function blobHash(content: Buffer, hexDigits: number): string {
  const hasher = new Bun.CryptoHasher(hexDigits === 64 ? "sha256" : "sha1");
  return hasher.update(`blob ${content.length}\0`).update(content).digest("hex");
}
