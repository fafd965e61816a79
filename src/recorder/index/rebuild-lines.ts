import fs from "node:fs";
import { openPlain } from "../../files/plain-file.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { type IndexedLine, indexedLines, rewriteLines } from "../../store/indexed-lines.ts";
import type { Store } from "../../store/store.ts";
import { splitterFor, toIndexTexts } from "./index-text.ts";

const READ_BYTES = 1 << 20;
const SLICE_LINES = 5000;
/** Long lines fill a slice before that. */
const SLICE_CHARACTERS = 4 << 20;

/**
 * Brings an artifact's lines in the index up to date: those that an older version or the Go build indexed, or that other
 * redaction patterns apply to. The texts come from its file, of which `sizeBytes` were recorded, or without a file (null) from the
 * index itself: then the end of a long line stays lost. Only lines that change are written, so that it may be interrupted at
 * any time. Returns how many lines changed. Throws the system's error if the file cannot be read.
 */
export async function rebuildLines(
  store: Store,
  artifactId: number,
  file: { readonly path: string; readonly sizeBytes: number } | null,
  redactor: Redactor,
): Promise<number> {
  const stored = indexedLines(store, artifactId);
  let changed = 0;
  let next = stored.next();
  const keys = new KeyState();
  for (const slice of file === null ? slicesOf(indexedLines(store, artifactId)) : slicesOfFile(file, redactor)) {
    const { firstLine, texts } = slice;
    toIndexTexts(texts, keys, redactor);
    const outdated: IndexedLine[] = [];
    for (; !next.done && next.value.line_num < firstLine + texts.length; next = stored.next()) {
      const line = next.value;
      const text = texts[line.line_num - firstLine];
      if (text !== undefined && text !== line.text) outdated.push({ ...line, text });
    }
    await rewriteLines(store, artifactId, outdated);
    changed += outdated.length;
    if (next.done) break;
  }
  return changed;
}

interface Slice {
  readonly firstLine: number;
  readonly texts: string[];
}

function* slicesOf(lines: Iterable<{ readonly line_num: number; readonly text: string }>): Generator<Slice> {
  let slice: Slice | null = null;
  let characters = 0;
  for (const { line_num: line, text } of lines) {
    const follows = slice !== null && line === slice.firstLine + slice.texts.length;
    if (slice !== null && (!follows || slice.texts.length >= SLICE_LINES || characters >= SLICE_CHARACTERS)) {
      yield slice;
      slice = null;
      characters = 0;
    }
    slice ??= { firstLine: line, texts: [] };
    slice.texts.push(text);
    characters += text.length;
  }
  if (slice !== null) yield slice;
}

function* slicesOfFile(
  file: { readonly path: string; readonly sizeBytes: number },
  redactor: Redactor,
): Generator<Slice> {
  const fd = openPlain(file.path, { exact: true });
  try {
    yield* slicesOf(numberedLines(fd, file.sizeBytes, redactor));
  } finally {
    fs.closeSync(fd);
  }
}

function* numberedLines(
  fd: number,
  sizeBytes: number,
  redactor: Redactor,
): Generator<{ line_num: number; text: string }> {
  const splitter = splitterFor(redactor);
  const buffer = new Uint8Array(READ_BYTES);
  let line = 0;
  for (let position = 0; position < sizeBytes; ) {
    const read = fs.readSync(fd, buffer, 0, Math.min(READ_BYTES, sizeBytes - position), position);
    if (read === 0) break;
    position += read;
    const texts: string[] = [];
    splitter.push(buffer.subarray(0, read), (text) => texts.push(text));
    for (const text of texts) yield { line_num: ++line, text };
  }
  const last = splitter.finish();
  if (last !== null) yield { line_num: ++line, text: last };
}
