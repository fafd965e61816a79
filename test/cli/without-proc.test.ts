import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, type Result, run, tempDir } from "../support/program.ts";

/** Bun itself cannot start without /proc: only the executable, which looks for it before Bun does. */
const compiled = Boolean(process.env.SCENARIOLOG_BIN);
const canHide =
  process.platform === "linux" &&
  Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/proc"], { stderr: "ignore" }).exitCode === 0;

/** Runs the program where /proc is empty. */
function hidden(args: readonly string[], options: { cwd?: string; stdin?: Blob } = {}): Promise<Result> {
  const script = 'mount -t tmpfs none /proc && exec "$@"';
  return run(["unshare", "-m", "sh", "-c", script, "sh", ...program, ...args], options);
}

describe.if(compiled && canHide).concurrent("without /proc (on the executable, where this user may mount)", () => {
  test("a step runs unchanged, and one line says that it is not recorded", async () => {
    const dir = tempDir();
    const words = ["a b", "", "--", "$HOME", "*", "ä\n"];
    const step = ["sh", "-c", 'echo "in $PWD"; cat; printf "<%s>" "$@"; echo err >&2; exit 9', "sh", ...words];
    const { code, stdout, stderr } = await hidden(
      [..."exec --db x.db --run-id x --root-dir . --log-dir logs --name a --work-dir".split(" "), dir, "--", ...step],
      { stdin: new Blob(["not for the step"]) },
    );
    expect({ code, stdout }).toEqual({ code: 9, stdout: `in ${dir}\n${words.map((word) => `<${word}>`).join("")}` });
    expect(stderr).toBe("[scenariolog] warning: there is no /proc, so this is run, but not recorded: sh\nerr\n");
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test("a harness and a command run as well, and keep their stdin", async () => {
    for (const verb of ["record", "cmd"]) {
      const { code, signal, stdout } = await hidden([verb, "--", "sh", "-c", "cat; kill -TERM $$"], {
        stdin: new Blob(["typed"]),
      });
      expect({ code, signal, stdout }).toEqual({ code: null, signal: "SIGTERM", stdout: "typed" });
    }
  });

  test("a missing command is 127, and a verb that needs /proc is an error", async () => {
    expect((await hidden(["exec", "--name", "a", "--", path.join(tempDir(), "none")])).code).toBe(127);
    for (const [args, code] of [
      [["record", "steps"], 125],
      [["exec", "--name", "a"], 125],
      [["why"], 1],
    ] as const) {
      const result = await hidden(args);
      expect(result).toMatchObject({ code, stdout: "" });
      expect(result.stderr).toMatch(/^Error: there is no \/proc, which scenariolog needs: .+\n$/);
    }
  });
});
