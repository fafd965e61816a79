import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { program, run, tempDir } from "../support/program.ts";
import { endOf, execArgs, killLeft, leftOf, logOf, start, unrecorded, until, watcherOf } from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Under these the engine collects at every opportunity: bytes that only a C function still uses are gone at once. */
const COLLECTING = ["BUN_JSC_slowPathAllocsBetweenGCs", "BUN_JSC_collectContinuously"] as const;
/** In the source, the engine would first collect through the compilation of it all, for minutes. */
const compiled = Boolean(process.env.SCENARIOLOG_BIN);
/** More than a hundred collections a second: a few seconds of CPU for a step. */
const TEST_MS = 120_000;

/** What a program finds when it starts, as the kernel has it. */
interface Found {
  readonly words: Buffer;
  readonly environment: Buffer;
  /** Of the process that started it. */
  readonly parentsEnvironment: Buffer;
  readonly cwd: string;
  /** What it could read from descriptor 7. */
  readonly inherited: string;
}

interface Probe {
  readonly file: string;
  found(): Found;
}

for (const variable of COLLECTING) {
  describe.if(process.platform === "linux" && compiled).concurrent(`with ${variable} (on the executable)`, () => {
    const env = { [variable]: "1" };

    test(
      "a step gets every byte of 2 MB of arguments and 1 MB of environment, its directory and descriptors",
      async () => {
        const suite = await startSuite();
        const probe = newProbe(suite.dir);
        const words = [
          ...Array.from({ length: 17 }, (_, i) => `${i} ${"ä€𝄞x".repeat(12_000)}`),
          ...Array.from({ length: 300 }, (_, i) => "w".repeat(i)),
        ];
        const big = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`BIG_${i}`, `${i}-`.repeat(60_000)]));
        const small = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`SMALL_${i}`, "v".repeat(i)]));
        const there = path.join(suite.dir, "a directory with ä in it");
        fs.mkdirSync(there);
        fs.writeFileSync(path.join(suite.dir, "held"), "held open");
        const exec = [...program, ...execArgs(suite, ["--work-dir", there], [probe.file, ...words])];
        // So much fits only below a large stack. Too much for one of bash's own words: they come by a file.
        const argv = path.join(suite.dir, "argv");
        fs.writeFileSync(argv, exec.map((word) => `${word}\0`).join(""));
        const script = `ulimit -s 131072 && mapfile -d '' -t argv <'${argv}' && exec 7<'${suite.dir}/held' "\${argv[@]}"`;
        const { code, stderr } = await run(["bash", "-c", script], { env: { ...env, ...big, ...small } });
        expect({ code, stderr: stderr.replace(/^\[scenariolog\].*\n/, "") }).toEqual({ code: 0, stderr: "" });
        expectFound(probe.found(), [probe.file, ...words], suite);
        expect(probe.found()).toMatchObject({ cwd: there, inherited: "held open" });
        expect(probe.found().words.length).toBeGreaterThan(2_000_000);
        expect(probe.found().environment.length).toBeGreaterThan(1_000_000);
        expect(unrecorded(suite)).toEqual([]);
      },
      TEST_MS,
    );

    test(
      "so does a command inside a step, and what record starts",
      async () => {
        const dir = tempDir();
        const probe = newProbe(dir, "01-first");
        const inner = newProbe(dir, "inner");
        fs.writeFileSync(
          path.join(dir, "02-second"),
          `#!/bin/sh\n${program.map((word) => `'${word}'`).join(" ")} cmd -- '${inner.file}' 'one word' '' "$(printf 'a\\nb')"\n`,
          { mode: 0o755 },
        );
        const db = path.join(dir, "runs.db");
        const { code, stderr } = await run([...program, "record", "--db", db, dir], { env, cwd: dir });
        expect({ code, stderr }).toMatchObject({ code: 0 });
        expectFound(probe.found(), [probe.file]);
        expectFound(inner.found(), [inner.file, "one word", "", "a\nb"]);
      },
      TEST_MS,
    );

    test(
      "signals reach a step once, and everyone's are told from ours",
      async () => {
        const suite = await startSuite();
        for (const [step, to] of (["signal", "signalGroup"] as const).entries()) {
          const exec = start(
            [...program, ...execArgs(suite, ["--step-num", String(step)], [fixture("traps.sh"), "7"])],
            { env },
          );
          await until("the step", () => logOf(suite, step).includes("ready"), TEST_MS);
          await watcherOf(exec.pid, TEST_MS);
          exec[to]("SIGTERM");
          const { code, signal } = await exec.ended;
          expect({ code, signal }).toEqual(
            to === "signal" ? { code: null, signal: "SIGTERM" } : { code: 7, signal: null },
          );
          expect(logOf(suite, step)).toBe("ready\ngot TERM\ncount 1\n");
          expect(endOf(suite, step)).toMatchObject({ "exit.signal": "SIGTERM", "exit.reason": "interrupted" });
        }
      },
      TEST_MS,
    );

    test(
      "a server that a step leaves behind lives, and its output is kept",
      async () => {
        const suite = await startSuite();
        const broken = path.join(suite.dir, "broken");
        const script = `${fixture("server.sh")} '${broken}' & echo started; sleep 0.1`;
        const { code } = await suite.exec(["--step-num", "1", "--leak-timeout", "50ms"], ["bash", "-c", script], {
          env,
        });
        expect(code).toBe(0);
        expect(logOf(suite)).toMatch(/^server \d+$/m);
        await until("late output", () => fs.statSync(path.join(suite.dir, "logs/step-01-stdout-late.txt")).size > 0);
        expect(leftOf(suite).filter((line) => line.includes("server.sh"))).toHaveLength(1);
        expect(fs.existsSync(broken)).toBe(false);
        killLeft(suite);
        await until("their end", () => leftOf(suite).length === 0);
      },
      TEST_MS,
    );
  });
}

/** A program that writes down beside itself what it finds. */
function newProbe(dir: string, name = "probe"): Probe {
  const file = path.join(dir, name);
  const to = tempDir();
  const script = [
    "#!/bin/bash",
    `cat /proc/$$/cmdline >'${to}/cmdline'`,
    `cat /proc/$$/environ >'${to}/environ'`,
    `cat /proc/$PPID/environ >'${to}/parent'`,
    `readlink -n /proc/$$/cwd >'${to}/cwd'`,
    `{ cat <&7; } >'${to}/inherited' 2>/dev/null || true`,
  ];
  fs.writeFileSync(file, `${script.join("\n")}\n`, { mode: 0o755 });
  const read = (what: string) => fs.readFileSync(path.join(to, what));
  return {
    file,
    found: () => ({
      words: read("cmdline"),
      environment: read("environ"),
      parentsEnvironment: read("parent"),
      cwd: read("cwd").toString(),
      inherited: read("inherited").toString(),
    }),
  };
}

/** Byte for byte; of the variables that the recorder adds, those that are told to the step alone are checked for sense. */
function expectFound(found: Found, argv: readonly string[], suite?: Suite): void {
  const words = Buffer.from(["/bin/bash", ...argv].map((word) => `${word}\0`).join(""));
  // Not compared by expect, which would print megabytes.
  expect({ bytes: found.words.length, same: found.words.equals(words) }).toEqual({ bytes: words.length, same: true });
  const own = /^SCENARIOLOG_\w+=/;
  const entries = (block: Buffer) => block.toString("latin1").split("\0").slice(0, -1);
  const others = (block: Buffer) => entries(block).filter((entry) => !own.test(entry));
  const kept = others(found.parentsEnvironment);
  const got = others(found.environment);
  expect(got.slice(0, kept.length).join("\0") === kept.join("\0")).toBe(true);
  // The trace of a bash script, which record keeps, begins with a file that bash reads first.
  expect(got.slice(kept.length).filter((entry) => suite || !entry.startsWith("BASH_ENV="))).toEqual([]);
  if (!suite) return;
  const added = entries(found.environment).filter((entry) => own.test(entry));
  expect(Object.fromEntries(added.map((entry) => entry.split("=", 2) as [string, string]))).toEqual({
    SCENARIOLOG_DB: suite.db,
    SCENARIOLOG_RUN_ID: suite.runId,
    SCENARIOLOG_ROOT_DIR: suite.dir,
    SCENARIOLOG_LOG_DIR: path.join(suite.dir, "logs"),
    SCENARIOLOG_STEP_ID: `${suite.runId}-step-01`,
    SCENARIOLOG_ATTEMPT: "1",
  });
}
