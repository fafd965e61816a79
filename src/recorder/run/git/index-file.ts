/** A file in git's index: what was last known of it, and which content is staged. */
export interface IndexEntry {
  readonly path: string;
  readonly mode: number;
  /** Of the staged content, in hex. */
  readonly hash: string;
  /** When the file last changed; seconds and ns since the epoch. */
  readonly mtimeS: number;
  readonly mtimeNs: number;
  /** Modulo 2^32. */
  readonly sizeBytes: number;
  /** Not 0: a conflict is not resolved. */
  readonly stage: number;
  /** git is told to take it for unchanged, whatever is there. */
  readonly ignored: boolean;
  /** Only announced by `git add -N`. */
  readonly intentToAdd: boolean;
}

export interface GitIndex {
  readonly entries: readonly IndexEntry[];
  /** The tree object, in hex, that all entries together would be; null where git has not noted it since they changed. */
  readonly tree: string | null;
}

/**
 * Reads git's index, versions 2 to 4 (https://git-scm.com/docs/index-format). `hashBytes` is 20 or 32. Null for one that is
 * damaged, or whose entries are not all in it (a split or sparse index).
 */
export function parseIndex(bytes: Buffer, hashBytes: number): GitIndex | null {
  try {
    return parse(bytes, hashBytes);
  } catch {
    return null; // RangeError: it ends too early
  }
}

function parse(bytes: Buffer, hashBytes: number): GitIndex | null {
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || version < 2 || version > 4) return null;
  const count = bytes.readUInt32BE(8);
  const entries: IndexEntry[] = [];
  let at = 12;
  let previous = Buffer.alloc(0);
  for (let i = 0; i < count; i++) {
    const hashAt = at + 40;
    const flagsAt = hashAt + hashBytes;
    const flags = bytes.readUInt16BE(flagsAt);
    const extended = version > 2 && (flags & 0x4000) !== 0 ? bytes.readUInt16BE(flagsAt + 2) : 0;
    let nameAt = flagsAt + (version > 2 && (flags & 0x4000) !== 0 ? 4 : 2);
    let kept = 0;
    if (version === 4) {
      const strip = offsetAt(bytes, nameAt);
      kept = previous.length - strip.value;
      nameAt = strip.next;
    }
    const end = bytes.indexOf(0, nameAt);
    if (end < 0 || kept < 0) return null;
    const name = Buffer.concat([previous.subarray(0, kept), bytes.subarray(nameAt, end)]);
    previous = name;
    entries.push({
      path: name.toString("utf8"),
      mode: bytes.readUInt32BE(at + 24),
      hash: bytes.toString("hex", hashAt, flagsAt),
      mtimeS: bytes.readUInt32BE(at + 8),
      mtimeNs: bytes.readUInt32BE(at + 12),
      sizeBytes: bytes.readUInt32BE(at + 36),
      stage: (flags >> 12) & 3,
      ignored: (flags & 0x8000) !== 0 || (extended & 0x4000) !== 0,
      intentToAdd: (extended & 0x2000) !== 0,
    });
    // Versions 2 and 3 fill up to a multiple of eight, with one NUL at least.
    at = version === 4 ? end + 1 : at + (((end - at) >> 3) + 1) * 8;
  }
  const extensions = extensionsOf(bytes, at, bytes.length - hashBytes);
  if (extensions.has("link") || extensions.has("sdir")) return null;
  return { entries, tree: rootTree(extensions.get("TREE"), hashBytes) };
}

function extensionsOf(bytes: Buffer, from: number, end: number): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = from; at + 8 <= end; ) {
    const size = bytes.readUInt32BE(at + 4);
    found.set(bytes.toString("latin1", at, at + 4), bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return found;
}

/** The first entry of the cache tree: an empty path, NUL, the number of entries (-1: not known), how many trees below. */
function rootTree(cacheTree: Buffer | undefined, hashBytes: number): string | null {
  const lineEnd = cacheTree?.indexOf(0x0a) ?? -1;
  if (cacheTree === undefined || lineEnd < 0) return null;
  if (!/^\0\d+ \d+$/.test(cacheTree.toString("latin1", 0, lineEnd))) return null;
  const hash = cacheTree.subarray(lineEnd + 1, lineEnd + 1 + hashBytes);
  return hash.length === hashBytes ? hash.toString("hex") : null;
}

/** The variable-length number of git's packs: seven bits a byte, the highest first, each further byte adds one. */
function offsetAt(bytes: Buffer, from: number): { value: number; next: number } {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next: at };
}
