import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Ended, executable, folderWithBun, mustRun, newFolder, run, tarball } from "./built.ts";

const bun = process.execPath;

/** The whole environment of the recorder in these tests; `bun` has to be on PATH for the package's first line. */
const environment = { PATH: `${folderWithBun()}:/usr/local/bin:/usr/bin:/bin`, HOME: newFolder("home"), MINE: "kept" };

/** A directory that tries to take influence: by a preload, by variables, and by files that cannot be parsed. */
async function hostileDirectory(): Promise<string> {
  const folder = newFolder("hostile");
  await Bun.write(join(folder, "preload.ts"), `require("node:fs").writeFileSync(${JSON.stringify(trace(folder))}, "")`);
  await Bun.write(join(folder, "bunfig.toml"), 'preload = ["./preload.ts"]\n[run]\npreload = ["./preload.ts"]\n');
  for (const name of [".env", ".env.local", ".env.production", ".env.development"]) {
    await Bun.write(join(folder, name), "HOSTILE=1\nMINE=stolen\nSCENARIOLOG_DB=stolen.db\nNODE_OPTIONS=--bad\n");
  }
  return folder;
}

const trace = (folder: string) => join(folder, "preload-ran");

async function addBrokenFiles(folder: string): Promise<void> {
  await Bun.write(join(folder, "package.json"), "{ broken");
  await Bun.write(join(folder, "tsconfig.json"), "{ broken");
}

test("the traps work: Bun itself runs the preload and takes the variables", async () => {
  const folder = await hostileDirectory();
  await Bun.write(join(folder, "probe.js"), "console.log(process.env.HOSTILE)");
  expect(await mustRun([bun, "probe.js"], folder, environment)).toBe("1\n");
  expect(existsSync(trace(folder))).toBe(true);
});

describe("started in a hostile directory, the executable", () => {
  let program: string;
  beforeAll(async () => {
    program = await executable();
  });

  test("runs no file of it, and passes no variable of it to the step", async () => {
    const folder = await hostileDirectory();
    await addBrokenFiles(folder);
    const step = await recordEnvironment([program], folder);
    expect(step.stderr).toMatch(/^\[scenariolog\] step=\S+ exit=0 .*\n$/);
    expect(step.variables).toEqual(environment);
    expect(existsSync(trace(folder))).toBe(false);
  });

  test("takes no setting of its own from it", async () => {
    const ended = await run([program, "summary"], await hostileDirectory(), environment);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("--db");
    expect(ended.stderr).not.toContain("stolen");
  });

  test("shows no stack trace for a mistake by the caller", async () => {
    const folder = await hostileDirectory();
    await addBrokenFiles(folder);
    const ended = await run([program, "summary", "--db", "missing.db"], folder, environment);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toStartWith("Error: ");
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, "missing.db"))).toBe(false);
  });
});

describe("started in a hostile directory, the package's command", () => {
  let command: string;
  beforeAll(async () => {
    const project = newFolder("project");
    await Bun.write(join(project, "package.json"), "{}");
    await mustRun([bun, "add", await tarball(), "--prefer-offline"], project);
    command = join(project, "node_modules/.bin/scenariolog");
  });

  test("runs no file of it, and passes no variable of it to the step", async () => {
    const folder = await hostileDirectory();
    const step = await recordEnvironment([command], folder);
    expect(step.stderr).toMatch(/^\[scenariolog\] step=\S+ exit=0 .*\n$/);
    expect(step.variables).toEqual(environment);
    expect(existsSync(trace(folder))).toBe(false);
  });

  // Bun complains of a package.json that it cannot parse before our first line runs, and no switch turns that off.
  test("works beside files that cannot be parsed", async () => {
    const folder = await hostileDirectory();
    await addBrokenFiles(folder);
    const step = await recordEnvironment([command], folder);
    expect(step.stderr).toMatch(/^\[scenariolog\] step=\S+ exit=0 .*$/m);
    expect(step.stderr).not.toContain("tsconfig.json");
    expect(step.variables).toEqual(environment);
  });
});

/** Records `env` as a step, from within `folder`. The recorder's own variables (`SCENARIOLOG_*`) are left out. */
async function recordEnvironment(
  scenariolog: string[],
  folder: string,
): Promise<Ended & { variables: Record<string, string> }> {
  const out = newFolder("out");
  mkdirSync(join(out, "logs"));
  const db = join(out, "run.db");
  await mustRun([...scenariolog, "init", "--db", db], folder, environment);
  const start = ["run", "start", "--db", db, "--root-dir", out, "--run-id", "R"];
  await mustRun([...scenariolog, ...start], folder, environment);
  const where = ["--db", db, "--run-id", "R", "--root-dir", out, "--log-dir", "logs", "--name", "env"];
  const ended = await run([...scenariolog, "exec", ...where, "--", "env", "-0"], folder, environment);
  expect(ended.code).toBe(0);

  const printed = await Bun.file(join(out, "logs/step-00-stdout.txt")).text();
  const pairs = printed.split("\0").filter((pair) => pair !== "" && !pair.startsWith("SCENARIOLOG_"));
  const variables = Object.fromEntries(
    pairs.map((pair) => [pair.split("=", 1)[0]!, pair.slice(pair.indexOf("=") + 1)]),
  );
  return { ...ended, variables };
}
