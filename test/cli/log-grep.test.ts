import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { program, run } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** The lines of a log, each with its end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

async function mixed(): Promise<Suite> {
  const suite = await startSuite();
  const script = [
    "for i in {1..40}; do echo out $i; (( i % 7 )) || { sleep 0.02; echo err $i >&2; sleep 0.02; }; done",
    "printf 'crlf 1\\r\\n\\r\\nüml 1\\n\\xff bad 1\\n\\n\\u2028x\\nout last'",
  ].join("; ");
  await suite.exec(["--step-num", "1"], ["bash", "-c", script]);
  return suite;
}

describe("log --grep", () => {
  test("prints the lines that match one by one, with --tail the last of them, from one stream or both", async () => {
    const suite = await mixed();
    const log = async (...flags: string[]) => (await suite.verb("log", ["1", ...flags])).stdout;
    const all = { "--merged": await log(), "--stdout": await log("--stdout"), "--stderr": await log("--stderr") };
    for (const [stream, text] of Object.entries(all)) {
      for (const pattern of ["1$", "^err", "out|bad", "^$"]) {
        const wanted = linesOf(text).filter((line) => new RegExp(pattern).test(line.replace(/\r?\n$/, "")));
        expect({ stream, pattern, found: linesOf(await log(stream, "--grep", pattern)) }).toEqual({
          stream,
          pattern,
          found: wanted,
        });
        for (const tail of [1, 3, 100]) {
          const found = linesOf(await log(stream, "--grep", pattern, "--tail", String(tail)));
          expect({ stream, pattern, tail, found }).toEqual({
            stream,
            pattern,
            tail,
            found: wanted.slice(-tail),
          });
        }
      }
    }
    const stamped = linesOf(await log("--timestamps"));
    const wanted = stamped.filter((line) => /[34]\r?\n$/.test(line));
    expect(linesOf(await log("--timestamps", "--grep", "[34]$"))).toEqual(wanted);
    expect(linesOf(await log("--timestamps", "--grep", "[34]$", "--tail", "3"))).toEqual(wanted.slice(-3));
  }, 60_000);

  test("knows a line longer than a megabyte by its first one, and prints it whole", async () => {
    const suite = await startSuite();
    const file = `${suite.dir}/long.txt`;
    const long = (begin: string, end: string) => `${begin}${"x".repeat(3_000_000)}${end}\n`;
    fs.writeFileSync(file, `a\n${long("needle", "1")}b needle\n${long("c", "needle")}d\n${long("", "needle").trim()}`);
    await suite.exec(["--step-num", "1", "--index", "none"], ["cat", file]);
    for (const flags of [[], ["--tail", "2"], ["--stdout"]]) {
      const { stdout } = await suite.verb("log", ["1", "--grep", "needle", ...flags]);
      expect(stdout === `${long("needle", "1")}b needle\n`).toBe(true);
    }
    const { stdout } = await suite.verb("log", ["1", "--grep", "needle", "--tail", "1"]);
    expect(stdout).toBe("b needle\n");
  });

  test.if(process.platform === "linux")(
    "of 120 MB needs little memory, and finds the same as grep",
    async () => {
      const suite = await startSuite();
      const text =
        "yes 'INFO handled a request in 12 ms' | head -c 60M; echo; echo a needle; yes 'WARN ü slow' | head -c 60M; echo";
      await suite.exec(["--step-num", "1", "--index", "none"], ["bash", "-c", text]);
      const file = `${suite.dir}/logs/step-01-stdout.txt`;
      for (const [pattern, flags] of [
        ["needle", []],
        ["[^ ]+ needle$", []],
        ["slow|needle", ["--tail", "3"]],
        ["ms", []],
      ] as const) {
        const script =
          '"$@" | sha256sum; grep -E -- "$PATTERN" "$FILE" | if [ -n "$TAIL" ]; then tail -n "$TAIL"; else cat; fi | sha256sum';
        const env = { PATTERN: pattern, FILE: file, TAIL: flags[1] ?? "", LC_ALL: "C.UTF-8" };
        const words = [...program, "log", "1", "--db", suite.db, "--grep", pattern, ...flags];
        const [ours, theirs] = (await run(["bash", "-c", script, "-", ...words], { env })).stdout.trim().split("\n");
        expect({ pattern, ours }).toEqual({ pattern, ours: theirs });
        const child = Bun.spawn([...words], { stdout: "pipe", stderr: "ignore" });
        let peakKilobytes = 0;
        for await (const _ of child.stdout) {
          const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
          peakKilobytes = Math.max(peakKilobytes, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
        }
        await child.exited;
        expect(peakKilobytes).toBeLessThan(250_000);
      }
    },
    120_000,
  );
});
