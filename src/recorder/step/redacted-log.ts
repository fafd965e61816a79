import { LogFile, type Written } from "../../capture/log/log-file.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { RedactingStream } from "../../model/redact/stream.ts";

/**
 * A log without secrets: they are taken out on the way into the file, whose hash and size are those of what is in it. A line
 * is held back until it is whole; of a very long one, the end is. What comes when the step is over goes nowhere: nobody
 * would look at it.
 */
export class RedactedLog extends LogFile {
  override readonly keepsLate = false;
  readonly #stream: RedactingStream;

  constructor(path: string, consoleFd: 1 | 2 | null, redactor: Redactor) {
    super(path, consoleFd);
    this.#stream = new RedactingStream(redactor);
  }

  override write(chunk: Uint8Array): void {
    const bytes = this.#stream.push(chunk);
    if (bytes.length > 0) super.write(bytes);
  }

  override async close(): Promise<Written> {
    const rest = this.#stream.finish();
    if (rest.length > 0) super.write(rest);
    return super.close();
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
