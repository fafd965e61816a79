import fs from "node:fs";
import path from "node:path";
import { openPlain } from "../../../files/plain-file.ts";
import { gitFile, type Repository } from "./repository.ts";

/** Of a commit no more is read, compressed: its tree is in the first line. Inflated, that is at most 16 MB. */
const COMMIT_BYTES = 16 << 10;
/** Of a pack of a million objects, 30 MB. */
const PACK_INDEX_BYTES = 128 << 20;
const MOST_PACKS = 100;

/**
 * The tree of a commit, both in hex. Null where it cannot be told without git: the commit is not here (a partial clone,
 * alternates), is kept as a difference to another one, or cannot be read.
 */
export function treeOf(repository: Repository, commit: string): string | null {
  const objects = path.join(repository.commonDir, "objects");
  try {
    const text = looseCommit(objects, commit) ?? packedCommit(objects, commit);
    return /^tree ([0-9a-f]+)\n/.exec(text ?? "")?.[1] ?? null;
  } catch {
    return null;
  }
}

function looseCommit(objects: string, commit: string): string | null {
  const bytes = gitFile(path.join(objects, commit.slice(0, 2), commit.slice(2)), COMMIT_BYTES);
  const text = bytes && inflated(bytes);
  return text && /^commit \d+\0/.test(text) ? text.slice(text.indexOf("\0") + 1) : null;
}

function packedCommit(objects: string, commit: string): string | null {
  const dir = path.join(objects, "pack");
  const names = fs.readdirSync(dir).filter((name) => name.endsWith(".idx"));
  for (const name of names.slice(0, MOST_PACKS)) {
    const index = gitFile(path.join(dir, name), PACK_INDEX_BYTES);
    const offset = index && offsetIn(index, Buffer.from(commit, "hex"));
    if (offset != null) return commitAt(path.join(dir, name.replace(/idx$/, "pack")), offset);
  }
  return null;
}

/** Where a pack has an object, by its index of version 2: https://git-scm.com/docs/pack-format. Null when it has not. */
function offsetIn(index: Buffer, hash: Buffer): number | null {
  if (index.readUInt32BE(0) !== 0xff744f63 || index.readUInt32BE(4) !== 2) return null;
  const below = (byte: number) => (byte < 0 ? 0 : index.readUInt32BE(8 + byte * 4));
  const total = below(255);
  const hashesAt = 8 + 256 * 4;
  let low = below(hash[0]! - 1);
  let high = below(hash[0]!);
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = hashesAt + middle * hash.length;
    const order = index.compare(hash, 0, hash.length, at, at + hash.length);
    if (order === 0) {
      const offset = index.readUInt32BE(hashesAt + total * (hash.length + 4) + middle * 4);
      return offset < 0x80000000 ? offset : null; // a pack of 2 GB
    }
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

function commitAt(pack: string, offset: number): string | null {
  const fd = openPlain(pack);
  try {
    const buffer = Buffer.alloc(COMMIT_BYTES);
    const bytes = buffer.subarray(0, fs.readSync(fd, buffer, 0, buffer.length, offset));
    const COMMIT = 1;
    if (((bytes.readUInt8(0) >> 4) & 7) !== COMMIT) return null;
    let at = 0;
    while ((bytes.readUInt8(at++) & 0x80) !== 0);
    return inflated(bytes.subarray(at));
  } finally {
    fs.closeSync(fd);
  }
}

/** Of zlib's format; what follows it is left alone. Throws where it does not end. */
function inflated(bytes: Buffer): string {
  return Buffer.from(Bun.inflateSync(new Uint8Array(bytes.subarray(2)))).toString("utf8");
}
