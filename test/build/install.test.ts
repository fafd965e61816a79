import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { join } from "node:path";
import { canMount, smallDisk } from "../support/mounts.ts";
import { executable, mustRun, newFolder, run } from "./built.ts";

const script = join(import.meta.dir, "../../install.sh");
const target = `linux-${process.arch}`;
const name = `scenariolog-9.8.7-${target}`;

/** Shells that stand for those of minimal images. */
const shells = [["dash"], ["bash", "--posix"], ["busybox", "sh"], ["sh"]].filter(
  ([shell]) => Bun.which(shell!) !== null,
);

describe.if(process.platform === "linux")("install.sh", () => {
  let release: string;
  let server: ReturnType<typeof Bun.serve>;
  /** What the server does with an archive: all of it, its first half, other bytes. */
  let behaviour: "honest" | "cut" | "forged" = "honest";

  beforeAll(async () => {
    release = newFolder("release");
    fs.mkdirSync(join(release, name));
    fs.cpSync(await executable(), join(release, name, "scenariolog"));
    // Quickly rather than small: the archive does not leave this machine.
    await mustRun(
      ["sh", "-c", `tar -cf - ${name} | gzip -1 >${name}.tar.gz && sha256sum ${name}.tar.gz >SHA256SUMS`],
      release,
    );
    server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const file = join(release, new URL(request.url).pathname.slice(1));
        if (!fs.existsSync(file)) return new Response("no such file", { status: 404 });
        if (!file.endsWith(".tar.gz") || behaviour === "honest") return new Response(Bun.file(file));
        const bytes = fs.readFileSync(file);
        if (behaviour === "cut") return new Response(bytes.subarray(0, bytes.length / 2));
        bytes[1000]! ^= 1;
        return new Response(bytes);
      },
    });
  });
  afterAll(() => server.stop(true));

  const install = (shell: readonly string[], words: readonly string[] = [], env: Record<string, string> = {}) =>
    run([...shell, script, "--from", `http://127.0.0.1:${server.port}/`, ...words], release, {
      ...(process.env as Record<string, string>),
      ...env,
    });

  test.each(shells)("installs an executable that starts, with %s", async (...shell) => {
    const to = join(newFolder("to"), "a dir/bin");
    const { stdout, stderr, code } = await install(shell, ["--to", to]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toStartWith("scenariolog version ");
    expect(stdout).toContain(`is installed as ${to}/scenariolog\n`);
    expect(stdout).toContain("It is not on your PATH yet");
    expect(fs.readdirSync(to)).toEqual(["scenariolog"]);
    expect((await run([join(to, "scenariolog"), "--version"], release)).code).toBe(0);
  });

  test("goes to ~/.local/bin, and leaves profiles alone", async () => {
    const home = newFolder("home");
    expect((await install(["sh"], [], { HOME: home })).code).toBe(0);
    expect([...new Bun.Glob("**").scanSync({ cwd: home, dot: true })]).toEqual([".local/bin/scenariolog"]);
  });

  test.each([
    ["forged", /is not what SHA256SUMS says: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}; nothing was installed/],
    ["cut", /is not what SHA256SUMS says|cannot be downloaded/],
  ] as const)("installs nothing from a download that is %s", async (what, complaint) => {
    behaviour = what;
    try {
      const to = newFolder("to");
      const { stderr, code } = await install(["sh"], ["--to", to]);
      expect(code).toBe(1);
      expect(stderr).toMatch(complaint);
      expect(fs.readdirSync(to)).toEqual([]);
    } finally {
      behaviour = "honest";
    }
  });

  test("says in one line what a release does not have, and what it does not know", async () => {
    const lines = async (words: string[]) => (await install(["sh"], ["--to", newFolder("to"), ...words])).stderr;
    expect(await lines(["--version", "1.0.0"])).toContain(`has no scenariolog-1.0.0-${target}\n`);
    expect(await lines(["--target", "plan9-mips"])).toContain("has no executable for plan9-mips\n");
    expect(await lines(["--prefix", "/"])).toContain("unknown argument --prefix");
    expect(await lines(["--to"])).toContain("--to needs a value");
  });

  test("says that there is no executable for another processor or system", async () => {
    const bin = newFolder("bin");
    fs.writeFileSync(join(bin, "uname"), '#!/bin/sh\n[ "$1" = -m ] && echo riscv64 || echo Linux\n', { mode: 0o755 });
    const { stderr, code } = await install(["sh"], ["--to", newFolder("to")], { PATH: `${bin}:${process.env.PATH}` });
    expect({ stderr, code }).toEqual({
      stderr: "install.sh: there is no executable for the processor riscv64\n",
      code: 1,
    });
  });

  test.if(canMount)("leaves the old executable in place if the disk is full", async () => {
    const disk = smallDisk({ size: "1m" })!;
    fs.writeFileSync(join(disk, "scenariolog"), "the old one");
    const { stderr, code } = await install(["sh"], ["--to", disk]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be written; is the disk full, or the directory another user's?");
    expect(fs.readdirSync(disk)).toEqual(["scenariolog"]);
    expect(fs.readFileSync(join(disk, "scenariolog"), "utf8")).toBe("the old one");
  });

  test("runs nothing if its own download was cut off, wherever that was", async () => {
    const text = fs.readFileSync(script, "utf8");
    const folder = newFolder("cut");
    for (let at = 1; at < 20; at++) {
      const part = join(folder, "part.sh");
      fs.writeFileSync(part, text.slice(0, Math.floor((text.length * at) / 20)));
      await run(["sh", part, "--from", `http://127.0.0.1:${server.port}`, "--to", join(folder, "bin")], folder);
    }
    expect(fs.readdirSync(folder)).toEqual(["part.sh"]);
  });
});

test.if(Bun.which("shellcheck") !== null)("shellcheck finds nothing wrong with install.sh", async () => {
  expect(await run(["shellcheck", "-s", "sh", script], "/")).toMatchObject({ code: 0, stdout: "" });
});
