import { keepMasks } from "../../files/masked-values.ts";
import type { Stream } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";

/** The two ways in which commands begin that make a value a secret. */
const MARKS = [Buffer.from("add-mask"), Buffer.from("##vso[task.set")];
const LONGEST_MARK = 14;
/** A command is not longer; what is, is forgotten. */
const LONGEST_LINE = 16 << 10;
const LF = 0x0a;

/**
 * Looks at a step's output for commands by which it makes a value a secret (`::add-mask::…`, `##vso[task.setsecret]…`): they
 * hold for what is recorded of the run from then on, by this process and others.
 */
export class MaskWatch {
  readonly #pending: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  readonly #kept = new Set<string>();

  constructor(
    private readonly redactor: Redactor,
    private readonly run: { readonly database: string; readonly runId: string },
  ) {}

  /** Whether there was any. */
  get found(): boolean {
    return this.#kept.size > 0;
  }

  output(stream: Stream, chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const before = this.#pending[stream];
    const border = Buffer.concat([before, bytes.subarray(0, LONGEST_MARK)]);
    if (!hasMark(bytes) && !hasMark(border)) {
      this.#pending[stream] = Buffer.from(
        bytes.length >= LONGEST_MARK ? bytes.subarray(-LONGEST_MARK) : border.subarray(-LONGEST_MARK),
      );
      return;
    }
    const all = Buffer.concat([before, bytes]);
    const end = all.lastIndexOf(LF) + 1;
    this.#pending[stream] = Buffer.from(all.subarray(end).subarray(-LONGEST_LINE));
    if (end > 0) this.#learn(all.subarray(0, end));
  }

  /** What had no line end. */
  end(): void {
    for (const rest of Object.values(this.#pending)) if (hasMark(rest)) this.#learn(rest);
  }

  #learn(bytes: Buffer): void {
    // A redacted log may have learned them before.
    const values = this.redactor.learn(bytes.toString()).filter((value) => !this.#kept.has(value));
    for (const value of values) this.#kept.add(value);
    if (values.length > 0) keepMasks(this.run.database, this.run.runId, values);
  }
}

function hasMark(bytes: Buffer): boolean {
  return MARKS.some((mark) => bytes.includes(mark));
}
