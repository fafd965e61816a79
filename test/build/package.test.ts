import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { documents } from "../../scripts/build/project.ts";
import { folderWithBun, mustRun, newFolder, run, tarball } from "./built.ts";

const bun = process.execPath;
const withBun = { ...(process.env as Record<string, string>), PATH: `${folderWithBun()}:${process.env.PATH}` };

describe("the npm package", () => {
  let packed: string;
  let project: string;

  beforeAll(async () => {
    packed = await tarball();
    project = await installedProject(packed);
  });

  test("holds the command and the documents, and no executable of one platform", async () => {
    const files = await new Bun.Archive(await Bun.file(packed).bytes()).files();
    const names = [...files.keys()].map((name) => name.replace(/^package\//, ""));
    expect(names).toContain("dist/scenariolog.js");
    expect(names).toEqual(expect.arrayContaining(documents()));
    expect(names).toEqual(expect.arrayContaining(["README.md", "LICENSE", "docs/reference.md", "docs/red-run.svg"]));
    expect(names.filter((name) => name.startsWith("dist/"))).toEqual(["dist/scenariolog.js"]);
    expect(Bun.file(packed).size).toBeLessThan(2_000_000);
  });

  test("its command starts with a line that keeps Bun from reading the caller's directory", async () => {
    const code = await Bun.file(join(project, "node_modules/scenariolog/dist/scenariolog.js")).text();
    expect(code.split("\n")[0]).toStartWith("#!/usr/bin/env -S bun --no-env-file --config=/dev/null");
  });

  test("installed in an empty folder, it knows its version", async () => {
    const { version } = await Bun.file(join(project, "node_modules/scenariolog/package.json")).json();
    expect(await mustRun([bun, "x", "scenariolog", "--version"], project)).toContain(version);
  });

  test("installed in an empty folder, it records a step through bunx", async () => {
    await expectToRecord([bun, "x", "scenariolog"], project);
  });

  test("installed in an empty folder, it records a step as a command on PATH", async () => {
    await expectToRecord([join(project, "node_modules/.bin/scenariolog")], project, withBun);
  });

  test("the tarball runs by bunx -p, installed nowhere", async () => {
    const folder = newFolder("bunx");
    const help = await mustRun([bun, "x", "-p", packed, "scenariolog", "--help"], folder);
    expect(help).toContain("scenariolog");
    expect([...new Bun.Glob("**").scanSync({ cwd: folder, dot: true })]).toEqual([]);
  });
});

/** A folder with nothing but the installed tarball; dependencies come from Bun's cache where it has them. */
async function installedProject(packed: string): Promise<string> {
  const project = newFolder("project");
  await Bun.write(join(project, "package.json"), "{}");
  await mustRun([bun, "add", packed, "--prefer-offline"], project);
  return project;
}

async function expectToRecord(
  scenariolog: string[],
  folder: string,
  environment?: Record<string, string>,
): Promise<void> {
  const out = newFolder("out");
  const db = join(out, "run.db");
  await mustRun([...scenariolog, "init", "--db", db], folder, environment);
  const start = ["run", "start", "--db", db, "--root-dir", out];
  const runId = (await mustRun([...scenariolog, ...start], folder, environment)).trim();
  const which = ["--db", db, "--run-id", runId];
  const step = ["--root-dir", out, "--log-dir", "logs", "--name", "fails", "--step-num", "1"];
  const program = ["bash", "-c", "echo to stdout; echo to stderr >/dev/stderr; exit 7"];
  const exec = await run([...scenariolog, "exec", ...which, ...step, "--", ...program], folder, environment);
  expect(exec.code).toBe(7);
  expect(exec.stdout).toBe("");
  expect(exec.stderr).toContain("exit=7");
  await mustRun([...scenariolog, "run", "end", ...which, "--exit-code", "7"], folder, environment);

  expect(await Bun.file(join(out, "logs/step-01-stdout.txt")).text()).toBe("to stdout\n");
  expect(await Bun.file(join(out, "logs/step-01-stderr.txt")).text()).toBe("to stderr\n");
  const failures = [...scenariolog, "failures", "--db", db, "--output", "json"];
  const [failure] = JSON.parse(await mustRun(failures, folder, environment));
  expect(failure).toMatchObject({ run_id: runId, step_name: "fails", exit_code: 7 });
}
