import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { run, scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const suite = await startSuite();

/** Tags of a new run whose root is `root`. */
async function tagsOf(root: string, flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const quiet = { CI: "", GITHUB_ACTIONS: "", GITLAB_CI: "", ...env };
  const started = await suite.verb("run start", ["--root-dir", root, ...flags], { env: quiet, cwd: root });
  expect(started).toMatchObject({ code: 0, stderr: "" });
  const rows = suite.sql("SELECT k, v FROM kv WHERE run_id = ? ORDER BY kv_id", started.stdout.trim());
  return Object.fromEntries(rows.map(({ k, v }) => [String(k), String(v)]));
}

async function git(dir: string, ...words: string[]): Promise<string> {
  const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  const { stdout, stderr, code } = await run(["git", ...identity, ...words], { cwd: dir, env });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** A repository with one commit of one file. */
async function repository(): Promise<{ dir: string; commit: string }> {
  const dir = tempDir();
  await git(dir, "init", "-q", "-b", "main");
  fs.writeFileSync(path.join(dir, "a"), "a\n");
  await git(dir, "add", "a");
  await git(dir, "commit", "-qm", "one");
  return { dir, commit: await git(dir, "rev-parse", "HEAD") };
}

test("a run is tagged with host, system and CI job, and the user's tags replace these", async () => {
  const env = { GITLAB_CI: "true", CI_JOB_URL: "https://gitlab.example/-/jobs/1" };
  const tags = await tagsOf(tempDir(), ["--kv", "a:1,host.arch:mine"], env);
  expect(Object.keys(tags).slice(0, 4)).toEqual(["root_dir", "user.name", "a", "host.arch"]);
  expect(tags).toMatchObject({
    "host.name": os.hostname(),
    "host.os": process.platform,
    "host.arch": "mine",
    "ci.provider": "gitlab-ci",
    "ci.job_url": "https://gitlab.example/-/jobs/1",
  });
  expect(Object.keys(tags).filter((key) => key.startsWith("git."))).toEqual([]);
});

test("--no-provenance and SCENARIOLOG_NO_PROVENANCE=1 leave out all of these tags", async () => {
  const { dir } = await repository();
  const bare = ["root_dir", "user.name"];
  expect(Object.keys(await tagsOf(dir, ["--no-provenance"]))).toEqual(bare);
  expect(Object.keys(await tagsOf(dir, [], { SCENARIOLOG_NO_PROVENANCE: "1" }))).toEqual(bare);
  expect(await tagsOf(dir, [], { SCENARIOLOG_NO_PROVENANCE: "0" })).toHaveProperty(["host.os"]);
});

test.skipIf(!Bun.which("git"))(
  "of a git working tree come commit, branch and whether tracked files differ",
  async () => {
    const { dir, commit } = await repository();
    const state = async (root = dir) => {
      const tags = await tagsOf(root);
      return [tags["git.commit"], tags["git.branch"], tags["git.dirty"]];
    };
    expect(await state()).toEqual([commit, "main", "false"]);
    fs.writeFileSync(path.join(dir, "unknown-to-git"), "");
    fs.mkdirSync(path.join(dir, "deep/er"), { recursive: true });
    expect(await state(path.join(dir, "deep/er"))).toEqual([commit, "main", "false"]);
    fs.writeFileSync(path.join(dir, "a"), "b\n");
    expect(await state()).toEqual([commit, "main", "true"]);
    await git(dir, "commit", "-qam", "two");
    await git(dir, "checkout", "-q", "-b", "feature/x");
    const second = await git(dir, "rev-parse", "HEAD");
    await git(dir, "pack-refs", "--all");
    expect(fs.existsSync(path.join(dir, ".git/refs/heads/main"))).toBe(false);
    expect(await state()).toEqual([second, "feature/x", "false"]);
    const linked = path.join(tempDir(), "linked");
    await git(dir, "worktree", "add", "-q", "-b", "other", linked, commit);
    expect(await state(linked)).toEqual([commit, "other", "false"]);
    await git(dir, "checkout", "-q", "--detach", commit);
    expect(await state()).toEqual([commit, undefined, "false"]);
  },
);

test.skipIf(!Bun.which("git"))("a repository without a commit has a branch only", async () => {
  const dir = tempDir();
  await git(dir, "init", "-q", "-b", "fresh");
  const tags = await tagsOf(dir);
  expect(tags).toMatchObject({ "git.branch": "fresh", "git.dirty": "false" });
  expect(tags).not.toHaveProperty(["git.commit"]);
});

const SPRUNG = "sprung";

/** Everything by which a repository can have git start a program that leaves a file behind. */
async function armed(): Promise<{ dir: string; commit: string }> {
  const { dir, commit } = await repository();
  const trap = path.join(dir, "trap.sh");
  fs.writeFileSync(trap, `#!/bin/sh\ntouch ${dir}/${SPRUNG}; sleep 3 & cat\n`, { mode: 0o755 });
  fs.writeFileSync(path.join(dir, ".gitattributes"), "* filter=x diff=x\n");
  for (const key of ["core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.textconv"]) {
    await git(dir, "config", key, trap);
  }
  fs.copyFileSync(trap, path.join(dir, ".git/hooks/post-index-change"));
  // Another time and the same size: git would have to look at the content, through the filter.
  fs.utimesSync(path.join(dir, "a"), 1e9, 1e9);
  fs.rmSync(path.join(dir, SPRUNG), { force: true });
  return { dir, commit };
}

test.skipIf(!Bun.which("git"))("no program that a repository configures is run, whatever points to it", async () => {
  const { dir, commit } = await armed();
  const index = () => fs.statSync(path.join(dir, ".git/index"), { bigint: true }).mtimeNs;
  const before = index();
  const pointed = tempDir();
  fs.writeFileSync(path.join(pointed, ".git"), `gitdir: ${dir}/.git\n`);
  fs.writeFileSync(path.join(pointed, "a"), "b\n");
  const other = await repository();
  const env = { GIT_DIR: path.join(dir, ".git"), GIT_WORK_TREE: dir, GIT_INDEX_FILE: path.join(dir, ".git/index") };
  expect(await tagsOf(dir)).toMatchObject({ "git.commit": commit, "git.dirty": "false" });
  await tagsOf(pointed);
  expect(await tagsOf(other.dir, [], env)).toMatchObject({ "git.commit": other.commit, "git.dirty": "false" });
  expect(index()).toBe(before);
  expect(fs.existsSync(path.join(dir, SPRUNG))).toBe(false);
  // The trap is a real one.
  fs.writeFileSync(path.join(dir, "a"), "c\n");
  await git(dir, "status");
  expect(fs.existsSync(path.join(dir, SPRUNG))).toBe(true);
});

test.skipIf(!Bun.which("git"))("git.dirty is absent if only a filter could tell", async () => {
  const { dir } = await repository();
  fs.writeFileSync(path.join(dir, ".gitattributes"), "a filter=upper\n");
  await git(dir, "config", "filter.upper.clean", "tr a-z A-Z");
  await git(dir, "add", ".gitattributes", "a");
  await git(dir, "commit", "-qm", "filtered");
  fs.writeFileSync(path.join(dir, "a"), "A\n");
  fs.utimesSync(path.join(dir, "a"), 1e9, 1e9);
  const tags = await tagsOf(dir);
  expect(tags).toHaveProperty(["git.commit"]);
  expect(["false", undefined]).toContain(tags["git.dirty"]);
  fs.writeFileSync(path.join(dir, "a"), "q\n");
  fs.utimesSync(path.join(dir, "a"), 1e9, 1e9);
  expect(await tagsOf(dir)).not.toHaveProperty(["git.dirty"]);
});

test.skipIf(!Bun.which("git"))(
  "every kind of difference of a tracked file is seen, and nothing else counts",
  async () => {
    const { dir } = await repository();
    fs.mkdirSync(path.join(dir, "sub"));
    fs.writeFileSync(path.join(dir, "sub/x.sh"), "true\n", { mode: 0o755 });
    fs.symlinkSync("a", path.join(dir, "link"));
    await git(dir, "add", ".");
    expect((await tagsOf(dir))["git.dirty"]).not.toBe("false"); // staged
    await git(dir, "commit", "-qm", "more");
    const file = path.join(dir, "sub/x.sh");
    const changes: [string, () => void][] = [
      ["mode", () => fs.chmodSync(file, 0o644)],
      ["gone", () => fs.rmSync(file)],
      [
        "a FIFO",
        () => {
          fs.rmSync(file);
          Bun.spawnSync(["mkfifo", file]);
        },
      ],
      [
        "a link",
        () => {
          fs.rmSync(file);
          fs.symlinkSync("../a", file);
        },
      ],
      ["another content", () => fs.writeFileSync(file, "fals\n")],
      [
        "another link",
        () => {
          fs.rmSync(path.join(dir, "link"));
          fs.symlinkSync("b", path.join(dir, "link"));
        },
      ],
    ];
    for (const [what, change] of changes) {
      await git(dir, "reset", "-q", "--hard");
      expect([what, "before", (await tagsOf(dir))["git.dirty"]]).toEqual([what, "before", "false"]);
      change();
      expect([what, "after", (await tagsOf(dir))["git.dirty"]]).toEqual([what, "after", "true"]);
    }
  },
);

test.skipIf(!Bun.which("git"))("a cloned, packed repository with index version 4 is read as well", async () => {
  const { dir, commit } = await repository();
  const clone = path.join(tempDir(), "clone");
  await git(dir, "gc", "-q");
  await git(dir, "clone", "-q", "--no-local", dir, clone);
  expect(fs.existsSync(path.join(clone, ".git/objects", commit.slice(0, 2)))).toBe(false);
  expect(await tagsOf(clone)).toMatchObject({ "git.commit": commit, "git.branch": "main", "git.dirty": "false" });
  await git(clone, "update-index", "--index-version", "4");
  expect(await tagsOf(clone)).toMatchObject({ "git.dirty": "false" });
  fs.writeFileSync(path.join(clone, "a"), "longer than before\n");
  expect(await tagsOf(clone)).toMatchObject({ "git.dirty": "true" });
});

const trapped: [string, (dotGit: string) => void][] = [
  ["HEAD is a FIFO", (dotGit) => void Bun.spawnSync(["mkfifo", path.join(dotGit, "HEAD")])],
  ["HEAD leads to /dev/zero", (dotGit) => fs.symlinkSync("/dev/zero", path.join(dotGit, "HEAD"))],
  ["HEAD is endless for who reads it", (dotGit) => fs.truncateSync(open(dotGit, "HEAD"), 1e12)],
  [
    "the branch is a FIFO",
    (dotGit) => {
      head(dotGit);
      Bun.spawnSync(["mkfifo", `${dotGit}/refs/heads/main`]);
    },
  ],
  [
    "packed-refs is a FIFO",
    (dotGit) => {
      head(dotGit);
      Bun.spawnSync(["mkfifo", `${dotGit}/packed-refs`]);
    },
  ],
  [
    "commondir is a FIFO",
    (dotGit) => {
      head(dotGit);
      Bun.spawnSync(["mkfifo", `${dotGit}/commondir`]);
    },
  ],
  [
    "packed-refs leads to /dev/zero",
    (dotGit) => {
      head(dotGit);
      fs.symlinkSync("/dev/zero", `${dotGit}/packed-refs`);
    },
  ],
  [
    "the index is a FIFO",
    (dotGit) => {
      commit(dotGit);
      Bun.spawnSync(["mkfifo", `${dotGit}/index`]);
    },
  ],
  [
    "the index leads to /dev/zero",
    (dotGit) => {
      commit(dotGit);
      fs.symlinkSync("/dev/zero", `${dotGit}/index`);
    },
  ],
];

function open(dotGit: string, name: string): string {
  fs.writeFileSync(path.join(dotGit, name), "");
  return path.join(dotGit, name);
}

function head(dotGit: string): void {
  fs.mkdirSync(path.join(dotGit, "refs/heads"), { recursive: true });
  fs.writeFileSync(path.join(dotGit, "HEAD"), "ref: refs/heads/main\n");
}

function commit(dotGit: string): void {
  fs.writeFileSync(path.join(dotGit, "HEAD"), "0123456789abcdef0123456789abcdef01234567\n");
}

test.each(trapped)("a hostile repository neither blocks nor fills the recorder: %s", async (_, spring) => {
  const dir = tempDir();
  fs.mkdirSync(path.join(dir, ".git"));
  fs.mkdirSync(path.join(dir, "deep/er"), { recursive: true });
  spring(path.join(dir, ".git"));
  const sinceMs = Date.now();
  expect(await tagsOf(path.join(dir, "deep/er"))).toHaveProperty(["host.os"]);
  expect(Date.now() - sinceMs).toBeLessThan(20_000);
});

test("a .git that is a FIFO, and another user's repository above, are passed by", async () => {
  const dir = tempDir();
  Bun.spawnSync(["mkfifo", path.join(dir, ".git")]);
  expect(await tagsOf(dir)).not.toHaveProperty(["git.commit"]);
  if (process.getuid?.() !== 0 || !Bun.which("git")) return;
  const { dir: theirs } = await repository();
  fs.mkdirSync(path.join(theirs, "mine"));
  fs.chownSync(path.join(theirs, ".git"), 65534, 65534);
  expect(await tagsOf(path.join(theirs, "mine"))).not.toHaveProperty(["git.commit"]);
});

test("a damaged repository, or none, fails no run", async () => {
  for (const head of [null, "", "ref: ../../../etc/passwd", "ref: refs/heads/gone", "\0\0\0", "ref: refs/../../x"]) {
    const dir = tempDir();
    fs.mkdirSync(path.join(dir, ".git/refs"), { recursive: true });
    fs.writeFileSync(path.join(dir, "x"), "0123456789abcdef0123456789abcdef01234567\n");
    if (head !== null) fs.writeFileSync(path.join(dir, ".git/HEAD"), head);
    expect(await tagsOf(dir)).not.toHaveProperty(["git.commit"]);
  }
  const loop = tempDir();
  fs.writeFileSync(path.join(loop, ".git"), "gitdir: .\n");
  expect(await tagsOf(loop)).not.toHaveProperty(["git.commit"]);
  expect((await suite.verb("run start", ["--root-dir", "/nowhere/at/all"])).code).toBe(0);
});

test("record tags its run as well", async () => {
  const { dir, commit } = await repository();
  fs.writeFileSync(path.join(dir, "01-a.sh"), "#!/bin/sh\ntrue\n", { mode: 0o755 });
  const db = path.join(dir, "runs.db");
  for (const words of [["01-a.sh"], ["--", "true"]]) {
    const { code } = await scenariolog(["record", "--db", db, ...words], { cwd: dir });
    expect(code).toBe(0);
  }
  const handle = new Database(db, { readonly: true });
  expect(handle.query("SELECT v FROM kv WHERE k = 'git.commit'").values()).toEqual([[commit], [commit]]);
  expect(handle.query("SELECT count(*) FROM kv WHERE k = 'host.os'").values()).toEqual([[2]]);
  handle.close();
});
