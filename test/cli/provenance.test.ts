import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { run, scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const suite = await startSuite();

/** The same where git is to have answered: on a busy machine it is late now and then. */
async function answeredTagsOf(...args: Parameters<typeof tagsOf>): ReturnType<typeof tagsOf> {
  for (let tries = 0; ; tries++) {
    const tags = await tagsOf(...args);
    if (tags["git.dirty"] !== undefined || tries === 20) return tags;
  }
}

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

test("a run is tagged with host, system and CI job, behind the user's tags, which replace them", async () => {
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

test("--no-provenance and SCENARIOLOG_NO_PROVENANCE=1 leave all of that out", async () => {
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
      const tags = await answeredTagsOf(root);
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
  const tags = await answeredTagsOf(dir);
  expect(tags).toMatchObject({ "git.branch": "fresh", "git.dirty": "false" });
  expect(tags).not.toHaveProperty(["git.commit"]);
});

test.skipIf(!Bun.which("git"))(
  "git neither writes nor runs anything of the repository's, whatever points elsewhere",
  async () => {
    const { dir, commit } = await repository();
    const other = await repository();
    fs.writeFileSync(path.join(other.dir, "a"), "changed\n");
    const trap = path.join(dir, "trap.sh");
    fs.writeFileSync(trap, `#!/bin/sh\ntouch ${dir}/sprung\n`, { mode: 0o755 });
    await git(dir, "config", "core.fsmonitor", trap);
    fs.copyFileSync(trap, path.join(dir, ".git/hooks/post-index-change"));
    fs.utimesSync(path.join(dir, "a"), 1e9, 1e9);
    const index = () => fs.statSync(path.join(dir, ".git/index"), { bigint: true }).mtimeNs;
    fs.rmSync(path.join(dir, "sprung"), { force: true });
    const before = index();
    const env = { GIT_DIR: path.join(other.dir, ".git"), GIT_WORK_TREE: other.dir, GIT_INDEX_FILE: "/nowhere" };
    expect(await answeredTagsOf(dir, [], env)).toMatchObject({ "git.commit": commit, "git.dirty": "false" });
    expect(index()).toBe(before);
    expect(fs.existsSync(path.join(dir, "sprung"))).toBe(false);
  },
);

test("a git that hangs, fails or is not there leaves out no more than whether the tree is dirty", async () => {
  const { dir, commit } = await repository();
  const bin = tempDir();
  for (const script of ["sleep 60", "exit 128", null]) {
    if (script === null) fs.rmSync(path.join(bin, "git"));
    else fs.writeFileSync(path.join(bin, "git"), `#!/bin/sh\nexec 2>/dev/null; ${script}\n`, { mode: 0o755 });
    const tags = await tagsOf(dir, [], { PATH: script === null ? bin : `${bin}:${process.env.PATH}` });
    expect(tags).toMatchObject({ "git.commit": commit, "git.branch": "main" });
    expect(tags).not.toHaveProperty(["git.dirty"]);
  }
});

test("what is no repository, or a damaged one, fails no run", async () => {
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
