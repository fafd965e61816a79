import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { topics } from "../../src/cli/help/topics.ts";
import { entryOf, type VerbName, verbs } from "../../src/cli/verbs.ts";
import { bash, program, scenariolog, tempDir } from "../support/program.ts";
import { onTerminal } from "../support/terminal.ts";

const verbNames = Object.keys(verbs);
const topicNames = Object.keys(topics);
const topicFolder = path.join(import.meta.dir, "../../src/cli/help/topics");

describe("help", () => {
  test("help, --help, -h and no words at all are the same page: every verb and every topic", async () => {
    const page = await scenariolog(["help"]);
    expect(page).toMatchObject({ code: 0, stderr: "" });
    for (const name of [...verbNames, ...topicNames]) expect(page.stdout).toMatch(new RegExp(`^ {4}${name}  `, "m"));
    for (const argv of [["--help"], ["-h"], []]) expect(await scenariolog(argv)).toEqual(page);
  });

  test.each(verbNames)("help %s shows the same page as --help and -h after the verb", async (name) => {
    const page = await scenariolog(["help", ...name.split(" ")]);
    expect(page).toMatchObject({ code: 0, stderr: "" });
    expect(page.stdout).toStartWith(`# scenariolog ${name}\n`);
    expect(await scenariolog([...name.split(" "), "--help"])).toEqual(page);
    expect(await scenariolog([...name.split(" "), "-h"])).toEqual(page);
  });

  test("the first word of a verb of two words shows both verbs", async () => {
    const { stdout, code } = await scenariolog(["help", "run"]);
    expect(code).toBe(0);
    expect(stdout.match(/^# .*/gm)).toEqual(["# scenariolog run start", "# scenariolog run end"]);
    expect((await scenariolog(["run", "--help"])).stdout).toBe(stdout);
  });

  test("help on an unknown name lists what there is, on stderr, with code 2", async () => {
    const { stdout, stderr, code } = await scenariolog(["help", "harnes"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toStartWith('Error: no help on "harnes"\n');
    for (const name of topicNames) expect(stderr).toContain(name);
  });
});

test.each(verbNames)("the help of %s has an example, which works", async (name) => {
  const { example } = entryOf(name as VerbName);
  expect((await scenariolog(["help", ...name.split(" ")])).stdout).toContain(`\n    scenariolog ${example}\n`);
  expect(example).toStartWith(name);
  const dir = tempDir();
  fs.mkdirSync(path.join(dir, "checks"));
  const inside = ["cmd", "note", "tag set", "artifact add", "skip"].includes(name);
  const step = inside ? `scenariolog ${example}` : 'echo "connection refused"';
  const script = `#!/bin/bash\n${shimOf()}make() { :; }\nset -e\necho '<x/>' > report.xml\n${step}\n`;
  fs.writeFileSync(path.join(dir, "checks/01-one.sh"), script, { mode: 0o755 });
  const bin = path.join(dir, "bin");
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, "make"), "#!/bin/sh\n", { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const failing =
    'scenariolog record --show none -- sh -c "exit 3" 2>/dev/null; scenariolog record checks 2>&1 || echo "record: $?";';
  const prepared = `${failing} RUN_ID=$(scenariolog run start --db runs.db --root-dir .) || exit 99;`;
  const before = await bash(prepared, { cwd: dir, env });
  expect(before).toMatchObject({ code: 0, stdout: expect.not.stringContaining("record:") });
  const result = await bash(`${prepared} scenariolog ${inside || name === "record" ? "runs" : example}`, {
    cwd: dir,
    env,
  });
  expect({ ...result, stdout: "", stderr: "" }).toMatchObject({ code: 0 });
});

/** A shell function that runs the program under test. */
function shimOf(): string {
  return `scenariolog() { ${program.map((word) => `'${word}'`).join(" ")} "$@"; }\n`;
}

describe("topics", () => {
  test("include those that the documents promise", () => {
    const promised = ["how-to-use-scenariolog-local", "harness", "schema", "exit-codes", "search-syntax"];
    expect(topicNames).toEqual(expect.arrayContaining(promised));
    expect(fs.readdirSync(topicFolder).sort()).toEqual(topicNames.map((name) => `${name}.md`).sort());
  });

  test.each(topicNames)("%s is shown in a pipe as it was written", async (name) => {
    const text = fs.readFileSync(path.join(topicFolder, `${name}.md`), "utf8");
    expect(text.length).toBeGreaterThan(1000);
    expect(await scenariolog(["help", name])).toEqual({ stdout: text, stderr: "", code: 0, signal: null });
  });

  test("that any page names as `scenariolog help …` exist", async () => {
    const pages = [
      fs.readFileSync(path.join(import.meta.dir, "../../README.md"), "utf8"),
      ...topicNames.map((name) => fs.readFileSync(path.join(topicFolder, `${name}.md`), "utf8")),
      ...(await Promise.all(verbNames.map(async (name) => (await scenariolog(["help", ...name.split(" ")])).stdout))),
    ].join("\n");
    const named = [...pages.matchAll(/(?:scenariolog|see:) help ([a-z][a-z-]*)/g)].map(([, name]) => name!);
    expect(named).toContain("harness");
    for (const name of new Set(named)) expect([...topicNames, ...verbNames]).toContain(name);
  });
});

describe.skipIf(process.platform === "win32")("on a terminal", () => {
  const ESCAPE = "\u001b[";

  test.each(["help", "help harness", "exec --help"])("a page is in colour: %s", async (line) => {
    const page = await onTerminal(line.split(" "), { env: { NO_COLOR: "" } });
    expect(page).toContain(ESCAPE);
    expect(page).not.toMatch(/^#+ |^```/m);
  });

  test("a page has no colour where NO_COLOR or TERM=dumb asks for none", async () => {
    for (const [name, value] of [
      ["NO_COLOR", "1"],
      ["TERM", "dumb"],
    ] as const) {
      const page = await onTerminal(["help", "exit-codes"], { env: { [name]: value } });
      expect(page).not.toContain(ESCAPE);
      expect(page).toStartWith("Exit codes\n==========\n");
    }
  });

  test("an empty NO_COLOR asks for nothing", async () => {
    expect(await onTerminal(["help", "exit-codes"], { env: { NO_COLOR: "" } })).toContain(ESCAPE);
  });

  test("code can be copied: it is indented, and otherwise as it was written", async () => {
    const text = fs.readFileSync(path.join(topicFolder, "harness.md"), "utf8");
    const page = await onTerminal(["help", "harness"]);
    const codes = [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(2);
    for (const code of codes) expect(page).toContain(code.replace(/^(?=.)/gm, "    "));
  });

  test("words after the code are still there", async () => {
    const plain = Bun.stripANSI(await onTerminal(["help", "search-syntax"])).replace(/\s+/g, " ");
    for (const heading of ["Ordinary text", "Narrow it down", "If nothing is found"]) expect(plain).toContain(heading);
    expect(plain).toContain("the logs are files, and grep works.");
  });
});
