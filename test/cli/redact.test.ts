import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";

const SECRET = "s3cr3t-of-mine";
const env = { DEPLOY_TOKEN: SECRET };

test("a secret is in the raw log, and in no tag and no indexed line", async () => {
  const suite = await startSuite();
  const argv = ["sh", "-c", 'echo "key $DEPLOY_TOKEN end"; echo "https://u:pw@host/"', "--password", "open sesame"];
  await suite.exec(["--kv", `note:${SECRET}`, "--kv", "api_key:anything"], argv, { env });
  expect(suite.log(0, "stdout").toString()).toBe(`key ${SECRET} end\nhttps://u:pw@host/\n`);
  expect((await suite.rows("search", ["--query", "end"]))[0]?.text).toBe("key [redacted] end");
  expect((await suite.rows("search", ["--query", "host"]))[0]?.text).toBe("https://u:[redacted]@host/");
  const tags = new Map(suite.sql("SELECT k, v FROM kv WHERE step_id IS NOT NULL").map(({ k, v }) => [k, v]));
  expect(tags.get("note")).toBe("[redacted]");
  expect(tags.get("api_key")).toBe("[redacted]");
  expect(JSON.parse(String(tags.get("cmd.args_json")))).toEqual([
    "-c",
    argv[2]?.replace("u:pw@", "u:[redacted]@"),
    "--password",
    "[redacted]",
  ]);
  expect(fs.readFileSync(suite.db).includes(SECRET)).toBe(false);
  expect((await suite.verb("verify")).code).toBe(0);
});

test("--redact adds patterns, and none takes out nothing", async () => {
  const suite = await startSuite();
  const argv = ["sh", "-c", 'echo "customer 4711 $DEPLOY_TOKEN"; echo "customer: 12"'];
  const texts = async (...flags: string[]) => {
    await suite.exec(flags, argv, { env });
    return suite
      .sql("SELECT text FROM log_lines_fts ORDER BY rowid DESC LIMIT 2")
      .map(({ text }) => text)
      .reverse();
  };
  expect(await texts("--redact", "\\b\\d{4}\\b", "--redact", "^customer:")).toEqual([
    "customer [redacted] [redacted]",
    "[redacted] 12",
  ]);
  expect(await texts("--redact", "none")).toEqual([`customer 4711 ${SECRET}`, "customer: 12"]);
  expect(await texts("--redact", "none", "--redact", "\\d{4}")).toEqual([
    `customer [redacted] ${SECRET}`,
    "customer: 12",
  ]);
});

test("an invalid pattern is an error before anything runs", async () => {
  const suite = await startSuite();
  const { code, stderr } = await suite.exec(["--redact", "("], ["touch", path.join(suite.dir, "ran")]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^Error: --redact "\(" is no regular expression: .+\n/),
  });
  expect(fs.existsSync(path.join(suite.dir, "ran"))).toBe(false);
});

test("large logs are indexed without their secrets, while they grow and afterwards", async () => {
  const suite = await startSuite();
  const script =
    'for i in $(seq 60000); do echo "line $i with $DEPLOY_TOKEN and some more words behind it"; [ $i != 40000 ] || sleep 1; done';
  await suite.exec([], ["bash", "-c", script], { env });
  await suite.exec(["--index", "none", "--step-num", "1"], ["sh", "-c", 'echo "later $DEPLOY_TOKEN and 4711"'], {
    env,
  });
  await suite.verb("index fts", ["--run-id", suite.runId, "--redact", "4711"], { env });
  expect(suite.sql("SELECT count(*) AS n FROM log_lines_fts WHERE text LIKE '%s3cr3t%'")).toEqual([{ n: 0 }]);
  expect(suite.sql("SELECT count(*) AS n FROM log_lines_fts WHERE text LIKE 'line % with [redacted] and %'")).toEqual([
    { n: 60_000 },
  ]);
  expect((await suite.rows("search", ["--query", "later"]))[0]?.text).toBe("later [redacted] and [redacted]");
});

test("--redact-logs keeps secrets out of the files as well, and changes no other byte", async () => {
  const suite = await startSuite();
  const lines = [
    "one\r",
    `${"x".repeat(40_000)} ${SECRET}`,
    "\xff\xfe token=abcdef \xff",
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEpAIB",
    "-----END RSA PRIVATE KEY-----",
    "",
    `no line end ${SECRET}`,
  ];
  const bytes = Buffer.from(lines.join("\n"), "latin1");
  fs.writeFileSync(path.join(suite.dir, "bytes"), bytes);
  // In pieces that cut lines and words in two.
  const script = `for i in $(seq 0 97 ${bytes.length}); do tail -c +$((i + 1)) bytes | head -c 97; done; echo "$DEPLOY_TOKEN" >&2; env | grep -c SCENARIOLOG_REDACT`;
  await suite.exec(["--redact-logs", "--work-dir", suite.dir], ["bash", "-c", script], { env });
  const kept = [
    "one\r",
    `${"x".repeat(40_000)} [redacted]`,
    "\xff\xfe token=[redacted] \xff",
    "[redacted]",
    "[redacted]",
    "[redacted]",
    "",
    "no line end [redacted]1",
    "",
  ];
  expect(suite.log(0, "stdout").toString("latin1")).toBe(kept.join("\n"));
  expect(suite.log(0, "stderr").toString()).toBe("[redacted]\n");
  expect((await suite.verb("verify")).code).toBe(0);
  expectWholeTape(suite.db, { indexed: false });
  expect(suite.sql("SELECT v FROM kv WHERE k = 'log.redacted'")).toEqual([{ v: "true" }]);
});

test("--redact-logs holds for a command within the step too", async () => {
  const suite = await startSuite();
  const script = `scenariolog() { ${(await import("../support/program.ts")).program.map((word) => `'${word}'`).join(" ")} "$@"; }; scenariolog cmd -- echo "$DEPLOY_TOKEN"`;
  await suite.exec(["--redact-logs", "--redact", "4711"], ["bash", "-c", script], { env });
  expect(suite.log(0, "stdout").toString()).toBe("[redacted]\n");
  const [command] = suite.sql("SELECT path FROM artifacts WHERE kind = 'cmd-stdout'");
  expect(fs.readFileSync(path.join(suite.dir, String(command?.path)), "utf8")).toBe("[redacted]\n");
  expect(suite.sql("SELECT argv_json FROM commands")).toEqual([{ argv_json: '["[redacted]"]' }]);
});

test("why does not show a key of several lines in a script, whichever of its lines failed", async () => {
  const dir = tempDir();
  const body = Array.from({ length: 4 }, (_, i) => `${String(i).repeat(60)}ab==`);
  const script = [
    "#!/bin/bash",
    "set -e",
    `key="-----BEGIN RSA ${"PRIVATE"} KEY-----`,
    ...body,
    `-----END RSA ${"PRIVATE"} KEY-----"`,
    `echo "$0: line 6: error: no such thing" >&2`,
    "exit 1",
  ];
  fs.writeFileSync(path.join(dir, "01-a.sh"), `${script.join("\n")}\n`, { mode: 0o755 });
  await scenariolog(["record", "--db", "x.db", "--trace", "never", "."], { cwd: dir });
  for (const output of ["text", "json", "markdown"]) {
    const { stdout } = await scenariolog(["why", "--db", "x.db", "--output", output], { cwd: dir });
    expect(stdout).toContain("[redacted]");
    expect(body.filter((line) => stdout.includes(line))).toEqual([]);
  }
});
