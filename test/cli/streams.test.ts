import { dlopen } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";

const streams = `${import.meta.dir}/../../src/cli/output/streams.ts`;
const prelude = `
  import { writeErr, writeOut, stdoutClosed } from ${JSON.stringify(streams)};
  const big = "0123456789abcdé\\n".repeat(64 * 1024);
`;
const big = Buffer.from("0123456789abcdé\n".repeat(64 * 1024));

/** Runs the program as `"$@"` of a shell line, so that its streams are the kernel's own pipes and files. */
async function run(shell: string, program: string): Promise<{ stdout: Buffer; stderr: string; exit: number | null }> {
  const child = Bun.spawn(["bash", "-c", shell, "bash", process.execPath, "-e", prelude + program], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.bytes(), child.stderr.text()]);
  return { stdout: Buffer.from(stdout), stderr, exit: await child.exited };
}

const digest = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

test("text and bytes arrive in order, and nothing is written for empty data", async () => {
  const result = await run(
    '"$@"',
    `writeOut("é\\n"); writeOut(""); writeOut(new Uint8Array([0, 255])); writeErr("no\\n");`,
  );
  expect(result.stdout).toEqual(Buffer.from([0xc3, 0xa9, 10, 0, 255]));
  expect(result).toMatchObject({ stderr: "no\n", exit: 0 });
});

test("a slow reader of a pipe gets every byte", async () => {
  const result = await run('set -o pipefail; "$@" | (sleep 0.3; cat)', "writeOut(big);");
  expect(result.stdout.length).toBe(big.length);
  expect(digest(result.stdout)).toBe(digest(big));
  expect(result).toMatchObject({ stderr: "", exit: 0 });
});

test("a reader that goes away ends the output quietly, and the rest is dropped", async () => {
  const result = await run(
    'set -o pipefail; "$@" | head -c 5',
    `writeOut(big); writeOut(big); writeErr("closed=" + stdoutClosed());`,
  );
  expect(result.stdout.toString()).toBe("01234");
  expect(result).toMatchObject({ stderr: "closed=true", exit: 0 });
});

test("stdout counts as open while its reader is there", async () => {
  expect(await run('"$@" | cat', `writeOut("x"); writeErr("closed=" + stdoutClosed());`)).toMatchObject({
    stderr: "closed=false",
    exit: 0,
  });
});

test("a missing reader of stderr is no error and does not affect stdout", async () => {
  const result = await run(
    '"$@" 2> >(exec true)',
    `Bun.sleepSync(200); writeErr(big); writeErr(big); writeOut("out");`,
  );
  expect(result).toMatchObject({ stdout: Buffer.from("out"), exit: 0 });
});

test("output is appended after >> without holes, and an empty write does not change the file", async () => {
  const shell = 'f=$(mktemp); echo before >"$f"; "$@" >>"$f"; cat "$f"; rm "$f"';
  expect((await run(shell, `writeOut("a\\n"); writeOut("b\\n");`)).stdout.toString()).toBe("before\na\nb\n");
  expect((await run(shell, `writeOut("");`)).stdout.toString()).toBe("before\n");
});

describe.skipIf(process.platform !== "linux")("on Linux", () => {
  test("a full disk under stdout is an error that names stdout", async () => {
    const report = `try { writeOut("x"); } catch (error) { writeErr(error.name + " " + error.code + " " + error.message); }`;
    expect(await run('"$@" >/dev/full', report)).toMatchObject({
      stderr: "ScenariologError FILE cannot write to standard output: ENOSPC",
      exit: 0,
    });
  });

  test("a full disk under stderr is ignored", async () => {
    expect(await run('"$@" 2>/dev/full', `writeErr("x"); writeOut("out");`)).toMatchObject({
      stdout: Buffer.from("out"),
      exit: 0,
    });
  });

  test("a slow reader gets every byte through a pipe that is set to non-blocking", async () => {
    const nonBlocking = `
      import { dlopen } from "bun:ffi";
      const libc = dlopen(${JSON.stringify(libcName())}, { fcntl: { args: ["int", "int", "int"], returns: "int" } });
      libc.symbols.fcntl(1, 4, 0o4000);
      const fs = require("node:fs");
      const flags = () => /flags:\\s*0?(\\d+)/.exec(fs.readFileSync("/proc/self/fdinfo/1", "utf8"))[1];
      const before = flags();
      writeOut(big);
      writeErr(before + " " + flags());
    `;
    const result = await run('set -o pipefail; "$@" | (sleep 0.3; cat)', nonBlocking);
    expect(result.stderr).toMatch(/^[0-7]*4[0-7]{3} [0-7]*4[0-7]{3}$/);
    expect(digest(result.stdout)).toBe(digest(big));
    expect(result.exit).toBe(0);
  });

  test("the caller's pipe is left blocking", async () => {
    const { stderr } = await run(
      '("$@"; grep flags "/proc/$BASHPID/fdinfo/1" >&2) | cat',
      `writeOut("x"); writeErr("");`,
    );
    expect(stderr).toMatch(/^flags:\s*0*[0-3]?1\n$/);
  });
});

function libcName(): string {
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`]) {
    try {
      dlopen(name, { getpid: { args: [], returns: "int" } }).close();
      return name;
    } catch {
      // The other C library.
    }
  }
  throw new Error("no C library found");
}
