import { cleanEnv, program } from "../support/program.ts";
import type { Answer } from "./judge.ts";

/** Longer than any call takes, also on a busy machine. */
const HANGS_MS = 60_000;

/** Runs the program, in a process, with arguments of any bytes but NUL, which Bun.spawn cannot pass. */
export async function callWithBytes(words: readonly Uint8Array[], cwd: string): Promise<Answer | "hangs"> {
  const child = Bun.spawn(["bash", "-c", `mapfile -d '' -t words; exec "$@" "\${words[@]}"`, "-", ...program], {
    cwd,
    env: { ...cleanEnv, LC_ALL: "C" },
    stdin: Buffer.concat(words.flatMap((word) => [word, Uint8Array.of(0)])),
    stdout: "pipe",
    stderr: "pipe",
    timeout: HANGS_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.signalCode === "SIGKILL") return "hangs";
  return { stdout, stderr, code: child.exitCode ?? -1 };
}
