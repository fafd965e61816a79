import { spyOn } from "bun:test";
import { main } from "../../src/cli/main.ts";
import * as streams from "../../src/cli/output/streams.ts";

/** What the program printed, and how it ended; `{ signal }` if a signal would have ended it. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: Awaited<ReturnType<typeof main>>;
}

/** Runs the program in this process: for thousands of calls, or if a spy replaces the system. */
export async function inProcess(argv: readonly string[]): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const keep = (name: "stdout" | "stderr") => (data: string | Uint8Array) => {
    written[name] += typeof data === "string" ? data : new TextDecoder().decode(data);
  };
  const spies = [
    spyOn(streams, "writeOut").mockImplementation(keep("stdout")),
    spyOn(streams, "writeErr").mockImplementation(keep("stderr")),
  ];
  try {
    const end = await main(argv);
    return { ...written, end };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
