import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { join } from "node:path";
import { executable, mustRun, newFolder, run } from "./built.ts";

const node = Bun.which("node");
const target = `linux-${process.arch}`;

/** The packages as npm installs them: the launcher, and beside it the executable of this platform. */
describe.if(process.platform === "linux" && node !== null)("the launcher of the npm package", () => {
  let project: string;
  let launcher: string;

  beforeAll(async () => {
    const packages = newFolder("npm");
    const root = join(import.meta.dir, "../..");
    const flags = ["--target", target, "--executable", await executable(), "--outdir", packages];
    await mustRun([process.execPath, join(root, "scripts/npm-packages.ts"), ...flags], root);
    project = newFolder("project");
    fs.mkdirSync(join(project, "node_modules"));
    for (const name of fs.readdirSync(packages))
      fs.renameSync(join(packages, name), join(project, "node_modules", name));
    launcher = join(project, "node_modules/scenariolog/launcher.cjs");
  });

  const launch = (words: readonly string[], env: Record<string, string> = {}) =>
    run([node!, launcher, ...words], project, { ...(process.env as Record<string, string>), ...env });

  test("starts the executable of this platform, which needs no Bun", async () => {
    const { stdout, stderr, code } = await launch(["--version"], { PATH: "/usr/bin:/bin" });
    expect({ stdout, stderr, code }).toEqual({
      stdout: expect.stringMatching(/^scenariolog version \d/),
      stderr: "",
      code: 0,
    });
  });

  test("passes arguments, output and the exit code on as they are", async () => {
    const { stdout, code } = await launch(["cmd", "--", "sh", "-c", 'printf "%s\\n" "$@"; exit 7', "x", "a b", "*"]);
    expect({ stdout, code }).toEqual({ stdout: "a b\n*\n", code: 7 });
  });

  test("ends by the signal that ended the program", async () => {
    const child = Bun.spawn([node!, launcher, "cmd", "--", "sh", "-c", "kill -TERM $$"], {
      cwd: project,
      stderr: "ignore",
    });
    await child.exited;
    expect([child.exitCode, child.signalCode]).toEqual([143, null]);
    const waiting = Bun.spawn([node!, launcher, "cmd", "--", "sh", "-c", "echo up; exec sleep 30"], {
      cwd: project,
      stdout: "pipe",
      stderr: "ignore",
    });
    const reader = waiting.stdout.getReader();
    await reader.read();
    waiting.kill("SIGTERM");
    await waiting.exited;
    expect(waiting.signalCode).toBe("SIGTERM");
  });

  test("says in one line which package is missing, and how to install it", async () => {
    const bare = newFolder("bare");
    fs.cpSync(join(project, "node_modules/scenariolog"), bare, { recursive: true });
    const { stderr, code } = await run([node!, join(bare, "launcher.cjs"), "--version"], bare);
    expect(code).toBe(127);
    expect(stderr).toMatch(
      /^scenariolog: the package scenariolog-linux-\w+ is not installed, .*\n {2}install it: npm install scenariolog-linux-\w+@\d\S*\n$/,
    );
  });

  test("the package for this platform says so to npm", async () => {
    const manifest = await Bun.file(join(project, `node_modules/scenariolog-${target}/package.json`)).json();
    expect(manifest).toMatchObject({ os: ["linux"], cpu: [process.arch], libc: ["glibc"] });
    const main = await Bun.file(join(project, "node_modules/scenariolog/package.json")).json();
    expect(main.optionalDependencies).toEqual({ [`scenariolog-${target}`]: manifest.version });
    expect(main.scripts).toBeUndefined();
  });
});
