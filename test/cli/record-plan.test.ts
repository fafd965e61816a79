import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { bash, program, run, scenariolog } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";

const linux = process.platform === "linux";

/** Files with these contents, byte for byte, in `steps/`; without an x bit. */
function plainFiles(files: Readonly<Record<string, string>>) {
  const suite = scripts({});
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(`${suite.dir}/steps/${name}`, text);
  return suite;
}

describe.concurrent("a numbered script without an x bit is run as its author's harness would:", () => {
  test("by its #! line, with the line's argument, and by bash where it has none", async () => {
    const suite = plainFiles({
      "01-env.sh": "#!/usr/bin/env bash\necho $BASH_VERSION | grep -c . ; echo $0",
      "02-flag.sh": "#!/bin/sh -e\nfalse\necho not reached",
      "03-none.sh": "[[ 1 == 1 ]] && exit 4",
      "04-none.bash": "#!/bin/sh\r\necho no CR in its name",
      "05-awk": "#!/usr/bin/awk -f\nBEGIN { print 6 * 7 }",
    });
    const { code } = await suite.record(["--keep-going", "steps", "--", "an arg"]);
    expect(code).toBe(1);
    expect(suite.steps().map(([num, , exit]) => [num, exit])).toEqual([
      [1, 0],
      [2, 1],
      [3, 4],
      [4, 0],
      [5, 0],
    ]);
    expect(suite.log(1, "stdout")).toBe("1\nsteps/01-env.sh\n");
    expect(suite.log(5, "stdout")).toBe("42\n");
  });

  test("a failure in it is one of the run, with its line", async () => {
    const suite = plainFiles({ "01-a.sh": "echo fine\n", "02-b.sh": "set -e\ncat /nonexistent/file\n" });
    expect((await suite.record()).code).toBe(1);
    const words = ["failures", "--db", ".scenario-run.db", "--output", "csv", "--fields", "step_num,failed_line"];
    expect((await scenariolog(words, { cwd: suite.dir })).stdout).toBe("step_num,failed_line\n2,2\n");
  });

  test("named, or matched by a glob, as well", async () => {
    const suite = plainFiles({ "a.sh": "exit 0", "b.sh": "exit 3" });
    expect((await suite.record(["steps/b.sh"])).code).toBe(3);
    expect((await suite.record(["steps/*.sh"])).code).toBe(3);
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 3],
    ]);
  });
});

/** As root every file can be read. Somebody else may not get at a program that lies in root's home directory. */
const nobody = ["setpriv", "--reuid", "65534", "--clear-groups"];
const canBeNobody = linux && isNobodyAbleTo([...program, "--version"]);

function isNobodyAbleTo(command: readonly string[]): boolean {
  try {
    return Bun.spawnSync([...nobody, ...command], { stdio: ["ignore", "ignore", "ignore"] }).success;
  } catch {
    return false; // no setpriv
  }
}

describe.concurrent("nothing that looks like a step is left out without a word:", () => {
  test("a link to nothing, or to itself, is a step that fails with 127 and says why", async () => {
    const suite = scripts({ "01-a.sh": ":" });
    fs.symlinkSync("nowhere.sh", `${suite.dir}/steps/02-gone.sh`);
    fs.symlinkSync("03-loop.sh", `${suite.dir}/steps/03-loop.sh`);
    const { code, stderr } = await suite.record(["--keep-going", "steps"]);
    expect(code).toBe(127);
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([0, 127, 127]);
    expect(stderr).toContain("warning: steps/02-gone.sh is a link to nowhere.sh, which does not exist\n");
    expect(stderr).toContain("warning: steps/03-loop.sh is a link that leads back to itself\n");
    expect((await suite.record(["steps/02-gone.sh"])).code).toBe(127);
  });

  test.if(canBeNobody)("a script that may not be read is a step that fails with 126", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": ":" });
    fs.chmodSync(`${suite.dir}/steps/02-b.sh`, 0o600);
    fs.chmodSync(suite.dir, 0o777);
    const { code, stderr } = await run([...nobody, ...program, "record", "--db", "x.db", "steps"], { cwd: suite.dir });
    expect({ code, stderr }).toMatchObject({
      code: 126,
      stderr: expect.stringContaining("02-b.sh: permission denied"),
    });
  });

  test("names with a line break, blanks, a dash in front and bytes that are no text run like any other", async () => {
    const suite = scripts({});
    const names = ["01-a\nb.sh", "02 c d.sh", "-03-e.sh", "04-\xff\xfe.sh", "05-\xff\n"];
    for (const name of names) {
      const file = Buffer.concat([Buffer.from(`${suite.dir}/steps/`), Buffer.from(name, "latin1")]);
      fs.writeFileSync(file, '#!/bin/bash\nprintf %s "$0" | od -An -c -w60; echo "$@"\n', { mode: 0o755 });
    }
    // The last one goes without an x bit, by its #! line.
    fs.chmodSync(Buffer.concat([Buffer.from(`${suite.dir}/steps/`), Buffer.from("05-\xff\n", "latin1")]), 0o644);
    const { code, stderr } = await suite.record(["steps", "--", "one two"]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("5 steps: 5 passed") });
    expect(suite.steps().map(([num]) => num)).toEqual([1, 2, 3, 4, 5]);
    const seen = (step: number) => suite.log(step, "stdout").replaceAll(/ /g, "");
    expect(seen(1)).toBe("steps/01-a\\nb.sh\nonetwo\n");
    expect(seen(4)).toBe("steps/04-377376.sh\nonetwo\n");
    expect(seen(5)).toBe("steps/05-377\\n\nonetwo\n");
    // A directory with such a name.
    const odd = Buffer.from(`${suite.dir}/d\xff`, "latin1");
    fs.mkdirSync(odd);
    fs.writeFileSync(Buffer.concat([odd, Buffer.from("/\xfe.sh", "latin1")]), "echo in it\n");
    expect((await suite.record(["d*/*.sh"])).code).toBe(0);
    expect(suite.log(1, "stdout")).toBe("in it\n");
    expect((await suite.record()).code).toBe(0);
    // The directory itself, where a name has no slash.
    const here = ["record", "--root-dir", suite.dir, "--db", "x.db", "."];
    expect((await scenariolog(here, { cwd: `${suite.dir}/steps` })).code).toBe(0);
    expect((await suite.record(["steps/*"])).code).toBe(0);
    expect(suite.steps()).toHaveLength(5);
  });

  test("a script that nothing says how to run fails with 126, and data, directories and helpers are named", async () => {
    const suite = scripts({ "01-a.sh": ":", "lib.sh": "f() { :; }" });
    const dir = `${suite.dir}/steps`;
    for (const name of ["02-x.py", "03-data.json", "notes.txt", "05-b.sh~"]) fs.writeFileSync(`${dir}/${name}`, "x");
    fs.mkdirSync(`${dir}/04-dir`);
    fs.mkdirSync(`${dir}/fixtures`);
    const lines = [
      "warning: neither an x bit nor a #! line, so left out: steps/03-data.json\n",
      "warning: a directory, so left out: steps/04-dir\n",
      "note: an editor's or patch's copy, so left out: steps/05-b.sh~\n",
      "note: no number, so left out: steps/lib.sh, steps/notes.txt\n",
    ];
    const { code, stderr } = await suite.record();
    expect(code).toBe(126);
    const dry = await suite.record(["--dry-run", "steps"]);
    expect(dry).toMatchObject({ code: 0, stdout: "01 a  steps/01-a.sh\n02 x  steps/02-x.py\n" });
    for (const line of lines) for (const said of [stderr, dry.stderr]) expect(said).toContain(`[scenariolog] ${line}`);
    expect(stderr).not.toContain("fixtures");
  });
});

describe.concurrent("a directory without numbers", () => {
  test("runs what is a test by its name, t2 before t10, and names what it leaves out", async () => {
    const suite = scripts({
      "t10-x.sh": ":",
      "t2-y.sh": ":",
      "test_b.sh": ":",
      "a_test.sh": ":",
      "deploy.sh": "exit 9",
    });
    const dir = `${suite.dir}/steps`;
    fs.writeFileSync(`${dir}/c.t`, "#!/bin/sh\necho ok 1\n");
    fs.writeFileSync(`${dir}/test_helper.sh`, "#!/bin/sh\nexit 9\n", { mode: 0o755 });
    fs.writeFileSync(`${dir}/run-tests.sh`, "#!/bin/sh\nexit 9\n", { mode: 0o755 });
    for (const name of ["README.md", "Makefile", "test_data.json"])
      fs.writeFileSync(`${dir}/${name}`, "x", { mode: 0o755 });
    const { code, stderr } = await suite.record();
    expect(code).toBe(0);
    expect(suite.steps().map(([num, name]) => `${num} ${name}`)).toEqual([
      "1 a_test",
      "2 c",
      "3 t2-y",
      "4 t10-x",
      "5 test_b",
    ]);
    for (const name of ["deploy.sh", "test_helper.sh", "run-tests.sh", "Makefile"]) expect(stderr).toContain(name);
  });

  test("in which nothing is a test by its name is refused with the glob that works", async () => {
    const suite = scripts({ "alpha.sh": ":", "beta.sh": ":", "it's.txt": ":" });
    const { code, stderr } = await suite.record();
    expect(code).toBe(2);
    expect(stderr).toContain("steps holds no executable NN-* scripts");
    const [, command] = /name them: scenariolog (record .*);/.exec(stderr)!;
    expect(command).toBe("record 'steps/*.sh'");
    expect((await bash(`scenariolog ${command}`, { cwd: suite.dir })).code).toBe(0);
    expect(suite.steps().map(([, name]) => name)).toEqual(["alpha", "beta"]);
  });

  const hasBats = linux && Bun.which("bats") !== null;
  test.if(hasBats)("runs .bats files, with a #! line and without", async () => {
    const suite = plainFiles({
      "a.bats": "#!/usr/bin/env bats\n@test one { true; }\n",
      "b.bats": "@test two { false; }\n",
      "test_helper.bash": "x=1\n",
    });
    expect((await suite.record(["--keep-going", "steps"])).code).toBe(1);
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 1],
    ]);
  });
});

const canMount = linux && process.getuid?.() === 0 && Bun.spawnSync(["unshare", "-m", "true"]).success;

describe.if(canMount)("on a file system that is mounted noexec", () => {
  const inMount = (suite: { dir: string }, script: string) => {
    const mount = `mount -t tmpfs -o noexec,size=8m tmpfs ${suite.dir}/m && cp -p ${suite.dir}/steps/* ${suite.dir}/m`;
    return run(["unshare", "-m", "bash", "-c", `${mount} && ${script}`], { cwd: suite.dir });
  };

  test("a script runs by its #! line, and a program is refused as what it is", async () => {
    const suite = scripts({ "01-a.sh": "echo $0" });
    fs.copyFileSync("/bin/true", `${suite.dir}/steps/02-true`);
    fs.mkdirSync(`${suite.dir}/m`);
    const { code, stderr } = await inMount(suite, `${program.join(" ")} record m`);
    expect({ code, stderr }).toMatchObject({ code: 126, stderr: expect.stringContaining("PASS") });
    expect(stderr).toContain(`m/02-true: permission denied, as ${suite.dir}/m is mounted noexec`);
    expect(stderr).not.toContain("chmod");
    expect(suite.log(1, "stdout")).toBe("m/01-a.sh\n");
  });
});
