import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import type { ArgsDef } from "citty";
import { topics } from "../../src/cli/help/topics.ts";
import { entryOf, type VerbName, verbs } from "../../src/cli/verbs.ts";
import { run, scenariolog, tempDir } from "../support/program.ts";

const shells = ["bash", "zsh", "fish"] as const;
const verbNames = Object.keys(verbs) as VerbName[];
const firstWords = [...new Set(verbNames.map((name) => name.split(" ")[0]!))];

/** Where the script of each shell is. */
const script = {} as Record<(typeof shells)[number], string>;

beforeAll(async () => {
  const dir = tempDir();
  for (const shell of shells) {
    const { stdout, stderr, code } = await scenariolog(["completion", shell]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    script[shell] = path.join(dir, `completion.${shell}`);
    fs.writeFileSync(script[shell], stdout);
  }
});

async function flagsOf(name: VerbName): Promise<string[]> {
  const verb = await entryOf(name).load();
  return [...Object.keys((verb.args ?? {}) as ArgsDef), "color", "no-pager", "help"].map((flag) => `--${flag}`);
}

describe.skipIf(!Bun.which("bash"))("in bash", () => {
  /** What is offered for the last of these words, typed behind `scenariolog`. */
  async function offered(...words: string[]): Promise<string[]> {
    const driver = `
      source "$0"
      COMP_WORDS=(scenariolog "$@") COMP_CWORD=$#
      _scenariolog
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, code } = await run(["bash", "-u", "-c", driver, script.bash, ...words]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    return stdout.split("\n").filter((word) => word !== "");
  }

  test("the first word is a verb", async () => {
    expect(await offered("")).toEqual(firstWords);
    expect(await offered("s")).toEqual(["steps", "summary", "search", "show", "skip"]);
    expect(await offered("--")).toEqual(["--help", "--version"]);
  });

  test("the second is the rest of a verb, a shell, a topic", async () => {
    expect(await offered("run", "")).toEqual(["start", "end"]);
    expect(await offered("index", "")).toEqual(["fts"]);
    expect(await offered("completion", "")).toEqual([...shells]);
    expect(await offered("help", "")).toEqual([...Object.keys(topics), ...firstWords]);
    expect(await offered("help", "run", "")).toEqual(["start", "end"]);
    expect(await offered("runs", "")).toEqual([]);
    expect(await offered("index", "fts", "latest-")).toEqual(["latest-failed", "latest-passed"]);
  });

  test.each(verbNames)("every flag of %s is offered, and no other", async (name) => {
    expect(await offered(...name.split(" "), "--")).toEqual(await flagsOf(name));
  });

  test("flags are offered after other flags and their values, and narrowed by what is typed", async () => {
    expect(await offered("run", "start", "--db", "x.db", "--r")).toEqual(["--root-dir", "--run-id"]);
    expect(await offered("search", "--query", "run end", "--lim")).toEqual(["--limit"]);
  });

  test("values are offered if there is a fixed set", async () => {
    expect(await offered("exec", "--stdin", "")).toEqual(["null", "inherit"]);
    expect(await offered("failures", "--output", "js")).toEqual(["json", "jsonl"]);
    expect(await offered("failures", "-o", "js")).toEqual(["json", "jsonl"]);
    expect(await offered("failures", "--color", "a")).toEqual(["auto", "always"]);
    expect(await offered("timings", "-n", "")).toEqual([]);
    expect(await offered("failures", "--table-format", "")).toEqual(["ascii", "markdown", "html"]);
  });

  test("a flag that takes other values with one verb offers those there", async () => {
    expect(await offered("why", "--output", "")).toEqual(["text", "markdown", "json"]);
    expect(await offered("why", "latest", "--output", "=", "m")).toEqual(["markdown"]);
    expect(await offered("steps", "--output", "")).toContain("jsonl");
  });

  test("--run-id offers the words that mean a run, where it is not the id of a new one", async () => {
    const words = ["latest", "latest-failed", "latest-passed", "latest~1"];
    expect(await offered("steps", "--run-id", "")).toEqual(words);
    expect(await offered("run", "end", "--run-id", "=", "latest-")).toEqual(["latest-failed", "latest-passed"]);
    expect(await offered("run", "start", "--run-id", "")).toEqual([]);
    expect(await offered("search", "--db", "x.db", "--run-id", "")).toEqual(words);
  });

  test("the offered formats are those that the program takes", async () => {
    for (const format of await offered("capabilities", "--output", "")) {
      expect(await scenariolog(["capabilities", "--output", format])).toMatchObject({ code: 0 });
    }
    for (const style of await offered("capabilities", "--table-format", "")) {
      expect(await scenariolog(["capabilities", "--table-format", style])).toMatchObject({ code: 0 });
    }
  });

  test("values are offered after =, which bash makes a word of its own", async () => {
    expect(await offered("exec", "--stdin", "=", "in")).toEqual(["inherit"]);
    expect(await offered("exec", "--stdin", "=")).toEqual(["null", "inherit"]);
    expect(await offered("exec", "--stdin=in")).toEqual(["--stdin=inherit"]);
  });

  test("any other value is left to bash, which offers files", async () => {
    expect(await offered("init", "--db", "")).toEqual([]);
    expect(await offered("init", "--db", "-")).toEqual([]);
    const { stdout } = await run(["bash", "-c", 'source "$0"; complete -p scenariolog', script.bash]);
    expect(stdout).toBe("complete -o default -F _scenariolog scenariolog\n");
  });

  test("after -- it is the step's command, and none of our flags is offered", async () => {
    expect(await offered("exec", "--db", "x.db", "--", "")).toEqual([]);
    expect(await offered("exec", "--", "ls", "--")).toEqual([]);
    expect(await offered("exec", "--", "ls", "--stdin", "")).toEqual([]);
  });

  test("after -- bash-completion takes over if it is loaded", async () => {
    const driver = `
      _command_offset() { COMPREPLY=("from $1"); }
      source "$0"; COMP_WORDS=(scenariolog exec --db x -- ls "") COMP_CWORD=6; _scenariolog; echo "\${COMPREPLY[@]}"`;
    expect((await run(["bash", "-c", driver, script.bash])).stdout).toBe("from 5\n");
  });
});

describe.each(shells)("the script for %s", (shell) => {
  test("names every verb and every flag", async () => {
    const text = fs.readFileSync(script[shell], "utf8");
    for (const name of verbNames) {
      const lines = text
        .split("\n")
        .filter((line) => line.includes(shell === "fish" ? `_in ${name}'` : `"${name} "*)`));
      for (const flag of await flagsOf(name)) {
        const shown = shell === "fish" ? ` -l ${flag.slice(2)} ` : flag;
        expect({ name, flag, found: lines.some((line) => line.includes(shown)) }).toMatchObject({ found: true });
      }
    }
    for (const word of [...firstWords, ...Object.keys(topics)]) expect(text).toContain(word);
  });

  test("says on top how to load it", () => {
    expect(fs.readFileSync(script[shell], "utf8").split("\n").slice(0, 2).join("\n")).toContain(
      `scenariolog completion ${shell}`,
    );
  });

  test.skipIf(!Bun.which(shell))("is a script that the shell accepts", async () => {
    expect(await run([shell, "-n", script[shell]])).toMatchObject({ code: 0, stderr: "" });
  });
});

test("another shell, or none, is a usage error that names the three", async () => {
  for (const words of [[], ["tcsh"], ["bash", "zsh"]]) {
    const { stdout, stderr, code } = await scenariolog(["completion", ...words]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    for (const shell of shells) expect(stderr).toContain(shell);
  }
});
