import { fileOf } from "../../recorder/paths.ts";
import type { RecordedStep, RecordOptions } from "../../recorder/step.ts";
import { visible } from "../../render/text.ts";
import { RecordedOutput } from "../guard.ts";
import { readerOf } from "../reader.ts";
import { Outlet } from "./outlet.ts";
import { leftOutNote, type Show, shows } from "./show.ts";
import { tailDump } from "./tail-dump.ts";

const LF = 0x0a;

/** What `exec --show` adds. */
export interface ShownStep {
  readonly onOutput: NonNullable<RecordOptions["onOutput"]>;
  /** Waits until the console has what it is to get. */
  end(step: RecordedStep, spec: { readonly rootDir: string; readonly name: string }): Promise<void>;
}

/** Copies a step's streams to ours as they come, as the rule in guard.ts says, or shows the end of one that failed. */
export function shownStep(show: Show): ShownStep {
  const outlets = { stdout: new Outlet(1), stderr: new Outlet(2) };
  const [onOut, onErr] = [readerOf(1), readerOf(2)];
  const recorded = { stdout: new RecordedOutput(onOut), stderr: new RecordedOutput(onErr) };
  let lacksEnd = false;
  return {
    onOutput: (stream, chunk) => {
      if (!shows(show, stream)) return;
      outlets[stream].write(recorded[stream].push(chunk));
      lacksEnd = chunk.at(-1) !== LF;
    },
    end: async (step, spec) => {
      for (const stream of ["stdout", "stderr"] as const) outlets[stream].write(recorded[stream].end());
      await outlets.stdout.close();
      // Our own line is to be one, where both are seen together.
      if (lacksEnd && onOut.isTerminal && onErr.isTerminal) outlets.stderr.write("\n");
      if (show === "failed" && step.code !== 0) {
        const files = {
          stdoutFile: fileOf(spec.rootDir, step.stdoutPath),
          stderrFile: fileOf(spec.rootDir, step.stderrPath),
        };
        outlets.stderr.write(tailDump(visible(spec.name), files, onErr));
      }
      await outlets.stderr.close();
      for (const stream of ["stdout", "stderr"] as const) {
        const note = leftOutNote(stream, outlets[stream].takeLeftOut());
        if (note !== "") (await import("../console.ts")).note(note);
      }
    },
  };
}
