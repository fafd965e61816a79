import { fileOf } from "../../files/paths.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { failed, type RecordedStep, type RecordOptions } from "../../recorder/step/step.ts";
import { visible } from "../../render/text.ts";
import { Outlet } from "../../sys/outlet.ts";
import { RecordedOutput } from "../output/harmless.ts";
import { readerOf } from "../output/reader.ts";
import { leftOutNote, type Show, shows } from "./show.ts";
import { ShownOutput } from "./shown-output.ts";
import { tailDump } from "./tail-dump.ts";

const LF = 0x0a;

/** What `exec --show` adds to a step. */
export interface ShownStep {
  readonly onOutput: NonNullable<RecordOptions["onOutput"]>;
  /** Waits until the console has what it is to get. */
  end(step: RecordedStep, spec: { readonly rootDir: string; readonly name: string }): Promise<void>;
}

/**
 * Copies a step's streams to the recorder's own as they come, without what the redactor finds and what their reader would
 * obey, or shows the end of a step that failed.
 */
export function shownStep(show: Show, redactor?: Redactor): ShownStep {
  const outlets = { stdout: new Outlet(1), stderr: new Outlet(2) };
  const [onOut, onErr] = [readerOf(1), readerOf(2)];
  const recorded = { stdout: new RecordedOutput(onOut), stderr: new RecordedOutput(onErr) };
  const shown = {
    stdout: new ShownOutput(redactor, onOut, (bytes) => outlets.stdout.write(recorded.stdout.push(bytes))),
    stderr: new ShownOutput(redactor, onErr, (bytes) => outlets.stderr.write(recorded.stderr.push(bytes))),
  };
  let lacksEnd = false;
  return {
    onOutput: (stream, chunk) => {
      if (!shows(show, stream)) return;
      shown[stream].push(chunk);
      lacksEnd = chunk.at(-1) !== LF;
    },
    end: async (step, spec) => {
      for (const stream of ["stdout", "stderr"] as const) {
        shown[stream].flush();
        outlets[stream].write(recorded[stream].end());
      }
      await outlets.stdout.close();
      // The recorder's own line must stand alone if both are seen together.
      if (lacksEnd && onOut.isTerminal && onErr.isTerminal) outlets.stderr.write("\n");
      if (show === "failed" && failed(step)) {
        const files = {
          stdoutFile: fileOf(spec.rootDir, step.stdoutPath),
          stderrFile: fileOf(spec.rootDir, step.stderrPath),
        };
        outlets.stderr.write(tailDump(visible(spec.name), files, onErr, redactor));
      }
      await outlets.stderr.close();
      for (const stream of ["stdout", "stderr"] as const) {
        const note = leftOutNote(stream, outlets[stream].takeLeftOut());
        if (note !== "") (await import("../output/console.ts")).note(note);
      }
    },
  };
}
