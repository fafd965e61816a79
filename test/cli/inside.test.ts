import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { script } from "../support/scripts.ts";
import { type Suite, startSuite } from "../support/suite.ts";

function tags(suite: Suite, step: string | null = `${suite.runId}-step-01`): Record<string, unknown> {
  const rows = suite.sql("SELECT k, v FROM kv WHERE step_id IS ? ORDER BY kv_id", step);
  return Object.fromEntries(rows.map(({ k, v }) => [k, v]));
}

describe("tag set", () => {
  test("inside a step sets a tag of the step, and sets it again, without a flag", async () => {
    const suite = await startSuite();
    const result = await script(suite, "set -e; scenariolog tag set rows 3; scenariolog tag set rows 4");
    expect(result).toMatchObject({ code: 0 });
    expect(suite.log(1, "stdout").toString() + suite.log(1, "stderr")).toBe("");
    expect(suite.sql("SELECT v FROM kv WHERE k = 'rows'")).toEqual([{ v: "4" }]);
    expect(tags(suite)).toMatchObject({ rows: "4", "step.name": "step" });
  });

  test("takes several with --kv, and a value with a dash after --; an empty value removes the tag", async () => {
    const suite = await startSuite();
    await script(
      suite,
      `set -e; scenariolog tag set a 1 --kv url:http://x --kv b:2,c:3; scenariolog tag set -- delta -5
       scenariolog tag set b ''; scenariolog tag set --kv d:4`,
    );
    expect(tags(suite)).toMatchObject({ a: "1", url: "http://x", c: "3", delta: "-5", d: "4" });
    expect(tags(suite)).not.toHaveProperty("b");
  });

  test("--run sets a tag of the run, --step one of another step, and outside a step the flags say which", async () => {
    const suite = await startSuite();
    await script(suite, "true");
    await script(suite, "scenariolog tag set --run build 7; scenariolog tag set --step 1 seen yes", [
      "--step-num",
      "2",
    ]);
    expect(tags(suite, null)).toMatchObject({ build: "7" });
    expect(tags(suite)).toMatchObject({ seen: "yes" });
    expect(await suite.verb("tag set", ["--run-id", suite.runId, "--step", "2", "x", "y"])).toMatchObject({ code: 0 });
    expect(tags(suite, `${suite.runId}-step-02`)).toMatchObject({ x: "y" });
  });

  test.each([
    ["no value", ["k"], "a KEY and a VALUE"],
    ["three words", ["k", "v", "w"], "a KEY and a VALUE"],
    ["an empty key", ["", "v"], "a KEY and a VALUE"],
    ["pairs", ["a=1", "b=2"], "one KEY and its VALUE, not a=1"],
  ])("with %s is a usage error in one line and a hint", async (_, words, text) => {
    const { stderr, code, stdout } = await scenariolog(["tag", "set", ...words]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  });

  test("fails with a message if the step does not exist, or outside any step", async () => {
    const suite = await startSuite();
    const outside = await scenariolog(["tag", "set", "a", "b"]);
    expect(outside).toMatchObject({ code: 2, stdout: "" });
    expect(outside.stderr).toStartWith("Error: tag set is not called inside a step\n");
    const missing = await suite.verb("tag set", ["--run-id", suite.runId, "--step", "9", "a", "b"]);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toStartWith(`Error: no step 9 in run ${suite.runId}\n`);
  });

  test("with another database does not mean the step around it", async () => {
    const suite = await startSuite();
    await script(
      suite,
      `scenariolog run start --db "$DIR/b.db" --root-dir .; scenariolog tag set --db "$DIR/b.db" a b`,
    );
    expect(suite.log(1, "stderr").toString()).toContain("tag set is not called inside a step");
    expect(tags(suite)).not.toHaveProperty("a");
  });

  test("does not fail the step if the database is gone: it warns one time, unless --strict is given", async () => {
    const suite = await startSuite();
    const gone = `rm "$DB"*; set -e; scenariolog tag set a b; echo alive; scenariolog tag set a b --strict; echo not`;
    const { code } = await script(suite, gone);
    expect(code).toBe(1);
    expect(suite.log(1, "stdout").toString()).toBe("alive\n");
    expect(suite.log(1, "stderr").toString()).toMatch(/^(\[scenariolog\] warning: the tag is not set: .*\n){2}$/);
  });
});

describe("note", () => {
  test("keeps a note with its step or run, and notes shows them in order", async () => {
    const suite = await startSuite();
    await script(suite, `scenariolog note retried the upload; scenariolog note --run -- "-- all of it"`);
    await suite.verb("note", ["--run-id", suite.runId, "--step", "1", "later: \u001b[31mred"]);
    expect(await suite.rows("notes", ["--fields", "step_num,step_name,text"])).toEqual([
      { step_num: 1, step_name: "step", text: "retried the upload" },
      { step_num: null, step_name: null, text: "-- all of it" },
      { step_num: 1, step_name: "step", text: "later: \u001b[31mred" },
    ]);
    expect((await suite.verb("notes")).stdout).not.toContain("\u001b");
  });

  test("without a text is a usage error", async () => {
    for (const words of [[], [" "]]) {
      const { code, stderr } = await scenariolog(["note", ...words]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("note needs a TEXT") });
    }
  });
});

describe("artifact add", () => {
  test("copies a file into the log directory, with size and hash of the copy, and verify passes", async () => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "report.html"), "<p>needle</p>\n");
    const add = `scenariolog artifact add "$DIR/report.html" --kind report; rm "$DIR/report.html"`;
    expect(await script(suite, `set -e; ${add}`)).toMatchObject({ code: 0 });
    const [row] = await suite.rows("artifacts", ["--kind", "report"]);
    const bytes = fs.readFileSync(path.join(suite.dir, "logs/step-01-artifact-report.html"));
    expect(row).toEqual({
      artifact_id: expect.any(Number),
      step_num: 1,
      step_name: "step",
      kind: "report",
      path: "logs/step-01-artifact-report.html",
      is_text: true,
      size_bytes: bytes.length,
      sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    });
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("indexes the file with --index only, and nothing complains otherwise", async () => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "a.txt"), "needle one\n");
    fs.writeFileSync(path.join(suite.dir, "b.txt"), "needle two\n");
    await script(suite, `scenariolog artifact add "$DIR/a.txt"; scenariolog artifact add --index "$DIR/b.txt"`);
    const search = () => suite.verb("search", ["--query", "needle", "--select", "text"]);
    expect(await search()).toMatchObject({ stdout: "needle two\n", stderr: "" });
    expect((await suite.verb("index fts", ["--run-id", suite.runId])).stdout).toBe("0 lines added from 0 artifacts\n");
    expect(await search()).toMatchObject({ stdout: "needle two\n", stderr: "" });
  });

  test("distinguishes binary from text, and keeps an empty file", async () => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "shot.png"), Buffer.from([137, 80, 78, 71, 0, 1]));
    fs.writeFileSync(path.join(suite.dir, "late.bin"), Buffer.concat([Buffer.alloc(8192, 65), Buffer.from([0])]));
    fs.writeFileSync(path.join(suite.dir, "empty"), "");
    await script(suite, `cd "$DIR"; scenariolog artifact add --index shot.png late.bin empty`);
    expect(await suite.rows("artifacts", ["--kind", "file", "--fields", "is_text,size_bytes"])).toEqual([
      { is_text: false, size_bytes: 6 },
      { is_text: true, size_bytes: 8193 },
      { is_text: true, size_bytes: 0 },
    ]);
  });

  test("keeps both of two files with one name, and writes through no link that is planted in the log directory", async () => {
    const suite = await startSuite();
    const victim = path.join(tempDir(), "victim");
    fs.writeFileSync(victim, "untouched");
    fs.mkdirSync(path.join(suite.dir, "logs"));
    fs.symlinkSync(victim, path.join(suite.dir, "logs/step-01-artifact-x.txt"));
    await script(suite, `cd "$DIR"; for i in 1 2; do echo $i >x.txt; scenariolog artifact add x.txt; done`);
    expect(fs.readFileSync(victim, "utf8")).toBe("untouched");
    expect(fs.readFileSync(path.join(suite.dir, "logs/step-01-artifact-x.1.txt"), "utf8")).toBe("1\n");
    expect(fs.readFileSync(path.join(suite.dir, "logs/step-01-artifact-x.2.txt"), "utf8")).toBe("2\n");
  });

  test("makes --name safe for a file name", async () => {
    const suite = await startSuite();
    await script(suite, `cd "$DIR"; echo a >a; scenariolog artifact add a --name $'../../etc/\\e[31mpass*wd'`);
    const names = fs.readdirSync(path.join(suite.dir, "logs")).filter((name) => name.includes("artifact"));
    expect(names).toEqual(["step-01-artifact-.._.._etc__[31mpass_wd"]);
  });

  test("with --refer leaves the file where it is, and a second call updates its row", async () => {
    const suite = await startSuite();
    await script(
      suite,
      `cd "$DIR"; echo one >x.txt; scenariolog artifact add --refer x.txt --index
       echo second >x.txt; scenariolog artifact add --refer x.txt --index`,
    );
    expect(await suite.rows("artifacts", ["--kind", "file", "--fields", "path,size_bytes"])).toEqual([
      { path: "x.txt", size_bytes: 7 },
    ]);
    expect(suite.sql("SELECT text FROM log_lines_fts")).toEqual([{ text: "second" }]);
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
    fs.writeFileSync(path.join(suite.dir, "x.txt"), "other!\n");
    expect(await suite.verb("verify", ["--select", "status"])).toMatchObject({ code: 1, stdout: "changed\n" });
  });

  test("refuses in one line a directory, a FIFO, a device, a missing file, and the database, and keeps the other files", async () => {
    const suite = await startSuite();
    const { code } = await script(
      suite,
      `cd "$DIR"; mkfifo pipe; mkdir dir; echo ok >ok.txt
       for file in dir pipe /dev/null nowhere "$DB" "$DB-wal"; do scenariolog artifact add "$file"; echo $?; done
       scenariolog artifact add nowhere ok.txt`,
    );
    expect(code).toBe(1);
    expect(suite.log(1, "stdout").toString()).toBe("1\n".repeat(6));
    const said = suite.log(1, "stderr").toString();
    for (const text of ["dir is a directory", "pipe is a FIFO", "/dev/null is a device", "nowhere cannot be read"]) {
      expect(said).toContain(`Error: ${text}`);
    }
    expect(said.match(/is the database itself/g)).toHaveLength(2);
    expect(said.trimEnd().split("\n")).toHaveLength(7);
    expect(await suite.rows("artifacts", ["--kind", "file", "--fields", "path"])).toHaveLength(1);
  });

  test("keeps files that verify and the index can read if the log directory is outside the root", async () => {
    const suite = await startSuite();
    const logs = path.join(tempDir(), "logs");
    const flags = ["--step-num", "1", "--log-dir", logs];
    await script(suite, `cd "$DIR"; echo needle >x.txt; scenariolog artifact add x.txt --index`, flags);
    expect(await suite.verb("verify")).toMatchObject({ code: 0, stderr: "" });
    fs.writeFileSync(path.join(logs, "step-01-artifact-alien.txt"), "?");
    expect(await suite.verb("verify", ["--select", "status"])).toMatchObject({ code: 1, stdout: "unrecorded\n" });
  });

  test("keeps files with the step if it is tried again, and after the recorder closes it", async () => {
    const suite = await startSuite();
    const flags = ["--step-num", "1", "--retries", "1"];
    await script(suite, `cd "$DIR"; echo $SCENARIOLOG_ATTEMPT >x; scenariolog artifact add x; exit 1`, flags);
    expect(await suite.rows("artifacts", ["--kind", "file", "--fields", "path"])).toHaveLength(2);
    expect(suite.sql("SELECT attempt FROM log_files WHERE kind = 'artifact' ORDER BY attempt")).toEqual([
      { attempt: 1 },
      { attempt: 2 },
    ]);
  });

  test.each([
    [[], "needs a FILE"],
    [["x", "--kind", "stdout"], "--kind stdout is reserved for the recorder's own files"],
    [["x", "y", "--name", "z"], "--name is for one FILE only"],
  ])("refuses %j", async (words, text) => {
    const { code, stderr } = await scenariolog(["artifact", "add", ...words]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(text) });
  });
});

test("nothing is lost of what many processes of one step set at once", async () => {
  const suite = await startSuite();
  await script(
    suite,
    `for i in 1 2 3 4 5 6 7 8; do scenariolog tag set k$i $i & scenariolog note n$i & scenariolog tag set same $i & done; wait`,
  );
  expect(suite.log(1, "stderr").toString()).toBe("");
  expect(suite.sql("SELECT count(*) AS n FROM notes")).toEqual([{ n: 8 }]);
  expect(suite.sql("SELECT count(*) AS n FROM kv WHERE k GLOB 'k[0-9]'")).toEqual([{ n: 8 }]);
  expect(suite.sql("SELECT count(*) AS n FROM kv WHERE k = 'same'")).toEqual([{ n: 1 }]);
});

test("secrets do not get into the database from inside a step either", async () => {
  const suite = await startSuite();
  const secret = "correct-horse-9";
  await script(
    suite,
    `cd "$DIR"; export DEPLOY_TOKEN=${secret}
     scenariolog tag set api-key abc; scenariolog tag set url https://u:hunter22@example.org
     scenariolog note "used $DEPLOY_TOKEN"; echo "needle $DEPLOY_TOKEN" >x; scenariolog artifact add --index x
     scenariolog cmd -- echo "$DEPLOY_TOKEN" --password hunter22; scenariolog note --redact 'n[0-9]+' from n17`,
  );
  expect(suite.log(1, "stdout").toString()).toBe(`${secret} --password hunter22\n`);
  const { "api-key": key, url } = tags(suite);
  expect([key, url]).toEqual(["[redacted]", "https://u:[redacted]@example.org"]);
  expect(suite.sql("SELECT text FROM notes")).toEqual([{ text: "used [redacted]" }, { text: "from [redacted]" }]);
  expect(suite.sql("SELECT argv_json FROM commands")).toEqual([
    { argv_json: '["[redacted]","--password","[redacted]"]' },
  ]);
  expect(suite.sql("SELECT text FROM log_lines_fts WHERE text LIKE 'needle%'")).toEqual([
    { text: "needle [redacted]" },
  ]);
});
