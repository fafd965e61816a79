import { describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { Drain } from "../../src/capture/drain.ts";
import { LogFile } from "../../src/capture/log/log-file.ts";
import type { Platform } from "../../src/capture/platform.ts";
import { run, tempDir } from "../support/program.ts";

interface Started {
  readonly drain: Drain;
  readonly log: LogFile;
  readonly child: Bun.Subprocess;
  readonly detach: { readonly mock: { readonly calls: unknown[] } };
}

/** A bash script whose output goes through a pipe into a log. */
async function started(script: string, tap?: (chunk: Uint8Array) => void): Promise<Started> {
  // There is no such libc elsewhere.
  const [{ closeDescriptor, newPipe }, { PipeSource }] = await Promise.all([
    import("../../src/sys/pipes.ts"),
    import("../../src/capture/linux/pipe-source.ts"),
  ]);
  const detach = spyOn(PipeSource.prototype, "detach").mockClear();
  const file = path.join(tempDir(), "log");
  const pipe = newPipe()!;
  const log = new LogFile(file, null);
  const drain = new Drain(new PipeSource(pipe.read), log, tap);
  const child = Bun.spawn(["bash", "-c", script], { stdio: ["ignore", pipe.write, "inherit"] });
  closeDescriptor(pipe.write);
  return { drain, log, child, detach };
}

/** What the script prints, as it arrives in the log; and how often the pipe left its stream. */
async function drained(script: string): Promise<{ text: string; tapped: number; detached: number }> {
  let tapped = 0;
  const { drain, log, child, detach } = await started(script, (chunk) => {
    tapped += chunk.length;
  });
  await Promise.all([child.exited, drain.done]);
  expect(drain).toMatchObject({ ended: true, problem: undefined });
  await log.close();
  return { text: fs.readFileSync(log.path, "utf8"), tapped, detached: detach.mock.calls.length };
}

async function printed(script: string): Promise<string> {
  return (await run(["bash", "-c", script])).stdout;
}

describe.if(process.platform === "linux")("what a step prints", () => {
  test("a flood is read from its pipe directly, and every byte of it arrives, in order", async () => {
    for (const flood of ["seq 1 1500000", `head -c ${5 << 20} /dev/zero | tr '\\0' z; seq 1 1000`]) {
      for (let round = 0; round < 10; round++) {
        const { text, tapped, detached } = await drained(flood);
        const expected = await printed(flood);
        // Not compared by expect, which would print megabytes.
        expect({ same: text === expected, tapped }).toEqual({ same: true, tapped: expected.length });
        expect(detached).toBePositive(); // more than once where the machine is busy, and the flood a trickle
      }
    }
  });

  test("between two floods the pipe is read as a stream again", async () => {
    const script =
      "seq 1 1500000; for i in 1 2 3 4 5 6 7 8; do sleep 0.02; echo $i; done; seq 1 1500000; sleep 0.1; echo end";
    const { text, detached } = await drained(script);
    expect(text === (await printed(script))).toBe(true);
    expect(detached).toBeGreaterThanOrEqual(2);
  });

  test("a step that prints little never leaves its stream, however long it takes", async () => {
    const { text, detached } = await drained("for i in 1 2 3 4 5; do seq 1 1000; sleep 0.02; done");
    expect({ lines: text.split("\n").length - 1, detached }).toEqual({ lines: 5000, detached: 0 });
  });

  test("a flood is left at once, also when there is no descriptor to hold its pipe with", async () => {
    const { drain, log, child, detach } = await started("exec yes");
    while (detach.mock.calls.length === 0) await Bun.sleep(1);
    expect(await drain.leave({ detachPipe: () => null } as unknown as Platform)).toBe(true);
    expect(drain.ended).toBe(false);
    child.kill();
    await log.close();
    expect(/^(?:y\n)+y?$/.test(fs.readFileSync(log.path, "latin1").slice(-1000))).toBe(true);
  });

  test("of two floods at once neither waits for the other's end", async () => {
    const ended: number[] = [];
    const slow = drained("for i in 1 2 3 4 5 6; do seq 1 800000; sleep 0.05; done").then(() => ended.push(2));
    const fast = drained("seq 1 1500000").then(() => ended.push(1));
    await Promise.all([slow, fast]);
    expect(ended).toEqual([1, 2]);
  });
});
