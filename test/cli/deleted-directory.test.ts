import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, type Result, run, tempDir } from "../support/program.ts";

/** Bun's own runtime refuses to start in such a directory: only the executable leaves it before Bun looks. */
const compiled = process.platform === "linux" && Boolean(process.env.SCENARIOLOG_BIN);

/** What a program sees of its directory and its descriptors, without a shell that complains about the directory itself. */
const LOOK = ["readlink", "/proc/self/cwd"];

/** Runs a command line of words in a directory that is deleted. */
function inDeleted(words: readonly string[], prepare = "true"): Promise<Result> {
  const script = `dir=$1; shift; mkdir "$dir" && cd "$dir" && rmdir "$dir" && ${prepare} && exec "$@"`;
  return run(["sh", "-c", script, "sh", path.join(tempDir(), "gone"), ...words]);
}

function recorded(dir: string): { start: string[]; exec: string[]; asked: string[] } {
  const asked = ["--db", path.join(dir, "runs.db"), "--run-id", "r1"];
  const start = [...asked, "--root-dir", dir];
  return { asked, start, exec: [...program, "exec", ...start, "--log-dir", "logs", "--name", "a"] };
}

describe.if(compiled).concurrent("in a deleted directory (on the executable)", () => {
  test("a step runs there, with the descriptors that it has without a recorder, and is recorded", async () => {
    const dir = tempDir();
    const { start, exec, asked } = recorded(dir);
    expect((await inDeleted([...program, "run", "start", ...start])).code).toBe(0);
    const look = ["ls", "-l", "/proc/self/cwd", "/proc/self/fd"];
    const bare = await inDeleted(look, "exec 7</dev/null");
    expect(bare.stdout).toMatch(/ 7 -> .dev.null\n/);
    const { code } = await inDeleted([...exec, "--", ...look], "exec 7</dev/null");
    expect(code).toBe(0);
    const log = fs.readFileSync(path.join(dir, "logs/step-00-stdout.txt"), "utf8");
    expect(log).toContain("gone (deleted)");
    expect(descriptors(log)).toEqual(descriptors(bare.stdout));
    expect((await inDeleted([...program, "why", ...asked])).stderr).toBe("");
    expect(await inDeleted([...program, "verify", ...asked, "--output", "jsonl"])).toMatchObject({
      code: 0,
      stderr: "",
    });
  });

  test("a step ends with its own code, also if the database has a relative name, which nothing can have there", async () => {
    const dir = tempDir();
    const { start, exec } = recorded(dir);
    await inDeleted([...program, "run", "start", ...start]);
    const failing = ["--", "sh", "-c", "exit 9"];
    expect((await inDeleted([...exec, ...failing])).code).toBe(9);
    expect((await inDeleted([...exec, "--db", "relative.db", ...failing])).code).toBe(9);
    expect(fs.existsSync("/relative.db")).toBe(false);
  });

  test("a closed standard stream does not become that directory", async () => {
    const dir = tempDir();
    const { start, exec } = recorded(dir);
    await inDeleted([...program, "run", "start", ...start]);
    const look = ["readlink", "/proc/self/fd/0"];
    const bare = await inDeleted(look, "exec 0<&-");
    const { code } = await inDeleted([...exec, "--stdin", "inherit", "--", ...look], "exec 0<&-");
    expect(code).toBe(bare.code);
    expect(fs.readFileSync(path.join(dir, "logs/step-00-stdout.txt"), "utf8")).toBe(bare.stdout);
  });

  test("a program is found by its way from there, as the system finds it", async () => {
    const parent = tempDir();
    fs.writeFileSync(path.join(parent, "tool"), "#!/bin/sh\nexit 8\n", { mode: 0o755 });
    const script = `mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && shift && exec "$@"`;
    const found = await run(["sh", "-c", script, "sh", parent, ...program, "cmd", "--", "../tool"]);
    expect(found.code).toBe(8);
    expect((await inDeleted([...program, "cmd", "--", "./none"])).code).toBe(127);
  });

  test("a command and a harness run there, too", async () => {
    const dir = tempDir();
    const cmd = await inDeleted([...program, "cmd", "--", ...LOOK]);
    expect({ code: cmd.code, stdout: cmd.stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/gone \(deleted\)\n$/),
    });
    const record = ["record", "--db", path.join(dir, "runs.db"), "--root-dir", dir, "--", ...LOOK];
    const { code, stdout } = await inDeleted([...program, ...record]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/gone \(deleted\)\n$/) });
  });

  test("a verb that needs a relative path says in one line what is wrong", async () => {
    for (const [words, code] of [
      [["verify", "--db", "runs.db", "--run-id", "r1"], 1],
      [["init", "--db", "sub/runs.db"], 1],
      [["record", "--db", "runs.db", "--", "true"], 125],
    ] as const) {
      const result = await inDeleted([...program, ...words]);
      expect(result).toMatchObject({ code, stdout: "" });
      expect(result.stderr).toMatch(/^Error: .+\n {2}the working directory was deleted: .*absolute paths\n$/);
      expect(result.stderr).not.toContain("/proc/");
    }
  });
});

describe.if(compiled).concurrent("so it does in a directory without a path (on the executable)", () => {
  test("whose name is too long", async () => {
    const script = `cd "$1" && for i in $(seq 25); do n=$(printf %0200d 1); mkdir $n && cd -P $n || exit 99; done 2>/dev/null
      shift; exec "$@"`;
    const { code, stdout } = await run(["sh", "-c", script, "sh", tempDir(), ...program, "cmd", "--", "ls", ".."]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${"1".padStart(200, "0")}\n` });
  });

  test("that was unmounted", async () => {
    const script = `mount -t tmpfs none "$1" || exit 77; cd "$1" && echo kept >file && umount -l "$1"; shift; exec "$@"`;
    const command = [...program, "cmd", "--", "cat", "file"];
    const { code, stdout } = await run(["unshare", "-m", "sh", "-c", script, "sh", tempDir(), ...command]);
    if (code === 77 || code === 1) return; // this user may not mount
    expect({ code, stdout }).toEqual({ code: 0, stdout: "kept\n" });
  });
});

/** The numbers in a listing of /proc/self/fd. */
function descriptors(listing: string): string[] {
  return [...listing.matchAll(/ (\d+) -> /g)].map(([, fd]) => fd!);
}
