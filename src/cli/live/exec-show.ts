import { fileOf } from "../../recorder/paths.ts";
import { failed, type RecordedStep, type RecordOptions } from "../../recorder/step.ts";
import { visible } from "../../render/text.ts";
import { Outlet } from "./outlet.ts";
import { leftOutNote, type Show, shows } from "./show.ts";
import { tailDump } from "./tail-dump.ts";
import { terminalOn } from "./terminal.ts";

const LF = 0x0a;

/** What `exec --show` adds. */
export interface ShownStep {
  readonly onOutput: NonNullable<RecordOptions["onOutput"]>;
  /** Waits until the console has what it is to get. */
  end(step: RecordedStep, spec: { readonly rootDir: string; readonly name: string }): Promise<void>;
}

/** Copies a step's streams to ours as they come, byte for byte, or shows the end of them when it has failed. */
export function shownStep(show: Show): ShownStep {
  const outlets = { stdout: new Outlet(1), stderr: new Outlet(2) };
  let lacksEnd = false;
  return {
    onOutput: (stream, chunk) => {
      if (!shows(show, stream)) return;
      outlets[stream].write(chunk);
      lacksEnd = chunk.at(-1) !== LF;
    },
    end: async (step, spec) => {
      await outlets.stdout.close();
      // Our own line is to be one, where both are seen together.
      if (lacksEnd && (await terminalOn(1)) && (await terminalOn(2))) outlets.stderr.write("\n");
      if (show === "failed" && failed(step)) {
        const files = {
          stdoutFile: fileOf(spec.rootDir, step.stdoutPath),
          stderrFile: fileOf(spec.rootDir, step.stderrPath),
        };
        outlets.stderr.write(tailDump(visible(spec.name), files, (await terminalOn(2)) !== null));
      }
      await outlets.stderr.close();
      for (const stream of ["stdout", "stderr"] as const) {
        const note = leftOutNote(stream, outlets[stream].takeLeftOut());
        if (note !== "") (await import("../console.ts")).note(note);
      }
    },
  };
}
