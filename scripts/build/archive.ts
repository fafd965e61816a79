import { crc32 } from "node:zlib";

export interface ArchiveEntry {
  /** Its path inside the archive, with `/`; at most 100 bytes of ASCII. */
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  executable: boolean;
}

/**
 * A gzipped ustar archive. `Bun.Archive` cannot set a file's mode, and nobody should have to make the program executable by
 * hand.
 */
export function tarGz(entries: ArchiveEntry[], modifiedAt: Date): Uint8Array {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  for (const entry of entries) {
    blocks.push(tarHeader(entry, modifiedAt), entry.bytes, new Uint8Array(-entry.bytes.length & 511));
  }
  blocks.push(new Uint8Array(1024));
  return Bun.gzipSync(concat(blocks), { library: "libdeflate", level: 9 });
}

function tarHeader({ name, bytes, executable }: ArchiveEntry, modifiedAt: Date): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(name, 0, 100);
  header.write(octal(executable ? 0o755 : 0o644, 7), 100);
  header.write(octal(0, 7) + octal(0, 7), 108);
  header.write(octal(bytes.length, 11), 124);
  header.write(octal(Math.floor(modifiedAt.getTime() / 1000), 11), 136);
  header.write("        0", 148); // the checksum counts itself as eight spaces; then the type: a file
  header.write("ustar\x0000root", 257);
  header.write("root", 297);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A zip archive, which Bun cannot write: local headers with deflated data, then the directory. */
export function zip(entries: ArchiveEntry[], modifiedAt: Date): Uint8Array {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const data = Bun.deflateSync(entry.bytes, { library: "libdeflate", level: 9 });
    const common = zipFields(entry, data.length, modifiedAt);
    const local = concat([Buffer.from("PK\x03\x04"), common, name]);
    parts.push(local, data);
    directory.push(zipDirectoryEntry(entry, common, name, offset));
    offset += local.length + data.length;
  }
  const listing = concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return concat([...parts, listing, end]);
}

/** The 26 bytes that a local header and a directory entry have in common, version to extra length. */
function zipFields({ name, bytes }: ArchiveEntry, compressedBytes: number, modifiedAt: Date): Buffer<ArrayBuffer> {
  const fields = Buffer.alloc(26);
  const at = modifiedAt;
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4); // deflate
  fields.writeUInt16LE((at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1), 6);
  fields.writeUInt16LE(((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(), 8);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(compressedBytes, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}

function zipDirectoryEntry(
  entry: ArchiveEntry,
  common: Buffer<ArrayBuffer>,
  name: Buffer<ArrayBuffer>,
  offset: number,
): Uint8Array<ArrayBuffer> {
  const madeByUnix = Buffer.from([20, 3]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((entry.executable ? 0o100755 : 0o100644) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return concat([Buffer.from("PK\x01\x02"), madeByUnix, common, rest, name]);
}

function concat(parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Bun.concatArrayBuffers(parts));
}
