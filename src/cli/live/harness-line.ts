import type { Stream } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import type { OutputWatcher } from "../../recorder/run/harness-output.ts";
import { fit } from "../../render/plain-text.ts";
import { elapsedOf } from "../../render/step-title.ts";
import { visible } from "../../render/text.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { mayRedraw, terminalOn } from "../../sys/terminal.ts";
import { RunningStep } from "./running-step.ts";

const REFRESH_MS = 200;
const LF = 0x0a;

/** To be called when the harness has ended. */
export interface HarnessLine extends OutputWatcher {
  stop(): void;
}

/**
 * A line about a running harness below its output on a terminal, redrawn in place. Only for a harness whose stderr is
 * captured: what it writes to the terminal itself would be torn apart. The line goes before each piece of output, and
 * comes back when a line of output is complete. Null if stderr is no terminal, or one that redraws nothing.
 */
export async function harnessLine(argv: readonly string[], redactor?: Redactor): Promise<HarnessLine | null> {
  const terminal = await terminalOn(2);
  if (terminal === null || !mayRedraw()) return null;
  const name = visible(argv.join(" "));
  const running = new RunningStep({ index: 0, total: 0, num: 0, name }, nowMs(), redactor);
  let isDrawn = false;
  let isLineStart = true;
  const write = (text: string) => writeAll(2, Buffer.from(text));
  const erase = () => {
    if (isDrawn) write("\r\x1b[K");
    isDrawn = false;
  };
  const timer = setInterval(() => {
    if (!isLineStart) return;
    const age = elapsedOf(nowMs() - running.startMs);
    const columns = terminal.columns() - 1;
    const head = `${fit(name, Math.max(0, Math.floor(columns / 2)))} ${age}`;
    write(`\r${fit(running.lastLine === "" ? head : `${head} | ${running.lastLine}`, columns)}\x1b[K`);
    isDrawn = true;
  }, REFRESH_MS);
  return {
    passing: erase,
    passed: (_stream: Stream, chunk: Uint8Array) => {
      running.output(chunk, nowMs());
      isLineStart = chunk.at(-1) === LF;
    },
    stop: () => {
      clearInterval(timer);
      erase();
    },
  };
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
