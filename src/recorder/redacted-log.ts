import { LogFile, type Written } from "../capture/log-file.ts";
import { MAX_LINE_BYTES } from "../model/lines.ts";
import { KeyState, type Redactor } from "../model/redact.ts";

const LF = 0x0a;
const BLANK = 0x20;

/**
 * A log without secrets: lines are redacted on the way into the file, whose hash and size are those of what is in it. A line
 * is held back until it is whole, or 16 KiB of it are there. What comes when the step is over goes nowhere: nobody would
 * look at it.
 */
export class RedactedLog extends LogFile {
  override readonly keepsLate = false;
  readonly #redactor: Redactor;
  readonly #keys = new KeyState();
  #held: Buffer = Buffer.alloc(0);

  constructor(path: string, consoleFd: 1 | 2 | null, redactor: Redactor) {
    super(path, consoleFd);
    this.#redactor = redactor;
  }

  override write(chunk: Uint8Array): void {
    const bytes = Buffer.concat([this.#held, chunk]);
    let end = bytes.lastIndexOf(LF) + 1;
    while (bytes.length - end > MAX_LINE_BYTES) {
      // Rather not in the middle of a word, which may be a secret.
      const blank = bytes.lastIndexOf(BLANK, end + MAX_LINE_BYTES);
      end = blank > end ? blank : end + MAX_LINE_BYTES;
    }
    // The chunk's memory belongs to the reader.
    this.#held = Buffer.from(bytes.subarray(end));
    if (end > 0) super.write(this.#redacted(bytes.subarray(0, end)));
  }

  override async close(): Promise<Written> {
    if (this.#held.length > 0) super.write(this.#redacted(this.#held));
    return super.close();
  }

  #redacted(bytes: Buffer): Uint8Array {
    const { text, encoding } = decoded(bytes);
    const lines = text.split("\n");
    this.#redactor.lines(lines, this.#keys);
    return Buffer.from(lines.join("\n"), encoding);
  }
}

/** Bytes that are not UTF-8 stay as they are. */
function decoded(bytes: Buffer): { text: string; encoding: "utf8" | "latin1" } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf8" };
  } catch {
    return { text: bytes.toString("latin1"), encoding: "latin1" };
  }
}

/** What a step's stream goes into. */
export function logFileOf(
  path: string,
  consoleFd: 1 | 2 | null,
  {
    redactor,
    redactLogs = false,
  }: { readonly redactor?: Redactor | undefined; readonly redactLogs?: boolean | undefined },
): LogFile {
  return redactLogs && redactor ? new RedactedLog(path, consoleFd, redactor) : new LogFile(path, consoleFd);
}
