import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { topics } from "../../src/cli/help/topics.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { cleanEnv, program, scenariolog } from "../support/program.ts";

const verbNames = Object.keys(verbs);
const topicNames = Object.keys(topics);
const topicFolder = path.join(import.meta.dir, "../../src/cli/help/topics");

/** What the program prints on a terminal of 100 columns. */
async function onTerminal(args: string[], env: Record<string, string> = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  const terminal = new Bun.Terminal({ cols: 100, rows: 50, data: (_, data) => void chunks.push(data.slice()) });
  const { NO_COLOR: _, ...inherited } = cleanEnv;
  const child = Bun.spawn([...program, ...args], {
    env: { ...inherited, TERM: "xterm-256color", PAGER: "cat", ...env },
    terminal,
  });
  await child.exited;
  // What the kernel still holds comes with the next turns of the loop, late ones on a busy machine.
  for (let size = -1; size !== chunks.length; await Bun.sleep(200)) size = chunks.length;
  terminal.close();
  return Buffer.concat(chunks).toString().replaceAll("\r\n", "\n");
}

describe("help", () => {
  test("help, --help, -h and no words at all are the same page: every verb and every topic", async () => {
    const page = await scenariolog(["help"]);
    expect(page).toMatchObject({ code: 0, stderr: "" });
    for (const name of [...verbNames, ...topicNames]) expect(page.stdout).toMatch(new RegExp(`^ {4}${name}  `, "m"));
    for (const argv of [["--help"], ["-h"], []]) expect(await scenariolog(argv)).toEqual(page);
  });

  test.each(verbNames)("help %s shows the same as --help and -h behind the verb", async (name) => {
    const page = await scenariolog(["help", ...name.split(" ")]);
    expect(page).toMatchObject({ code: 0, stderr: "" });
    expect(page.stdout).toStartWith(`# scenariolog ${name}\n`);
    expect(await scenariolog([...name.split(" "), "--help"])).toEqual(page);
    expect(await scenariolog([...name.split(" "), "-h"])).toEqual(page);
  });

  test("of a verb in two words, the first alone shows both", async () => {
    const { stdout, code } = await scenariolog(["help", "run"]);
    expect(code).toBe(0);
    expect(stdout.match(/^# .*/gm)).toEqual(["# scenariolog run start", "# scenariolog run end"]);
    expect((await scenariolog(["run", "--help"])).stdout).toBe(stdout);
  });

  test("on something that is neither verb nor topic says what there is, on stderr, with 2", async () => {
    const { stdout, stderr, code } = await scenariolog(["help", "harnes"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toStartWith('Error: no help on "harnes"\n');
    for (const name of topicNames) expect(stderr).toContain(name);
  });
});

describe("topics", () => {
  test("that issue and manual promise are there", () => {
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
    const page = await onTerminal(line.split(" "));
    expect(page).toContain(ESCAPE);
    expect(page).not.toMatch(/^#+ |^```/m);
  });

  test("a page has no colour where NO_COLOR or TERM=dumb asks for none", async () => {
    for (const [name, value] of [
      ["NO_COLOR", "1"],
      ["TERM", "dumb"],
    ] as const) {
      const page = await onTerminal(["help", "exit-codes"], { [name]: value });
      expect(page).not.toContain(ESCAPE);
      expect(page).toStartWith("Exit codes\n==========\n");
    }
  });

  test("an empty NO_COLOR asks for nothing", async () => {
    expect(await onTerminal(["help", "exit-codes"], { NO_COLOR: "" })).toContain(ESCAPE);
  });

  test("code can be copied: it is indented, and otherwise as it was written", async () => {
    const text = fs.readFileSync(path.join(topicFolder, "harness.md"), "utf8");
    const page = await onTerminal(["help", "harness"]);
    const codes = [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(2);
    for (const code of codes) expect(page).toContain(code.replace(/^(?=.)/gm, "    "));
  });

  test("words behind the code are still there", async () => {
    const plain = Bun.stripANSI(await onTerminal(["help", "search-syntax"])).replace(/\s+/g, " ");
    for (const heading of ["Ordinary text", "Narrowing, and how much", "Nothing found?"])
      expect(plain).toContain(heading);
    expect(plain).toContain("the logs are files, and grep works.");
  });
});
