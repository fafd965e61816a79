// check: smoke, every example of the documents

import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { run, scenariolog, tempDir } from "../support/program.ts";
import { anchorsOf, documents, localLinksOf, pages, pathsIn, root, textOf, topicFolder } from "./documents.ts";
import {
  type Block,
  blocksOf,
  exchangesOf,
  exitCodeSaid,
  folderOnPath,
  normalised,
  runScript,
  typeIn,
} from "./examples.ts";

const checkCommand = "npx -y bun@1.4.5 run check";
const demoCommand = "npx -y bun@1.4.5 run demo";
/** Examples that are not run here, with the reason. */
const notRun = new Map([
  [checkCommand, "runs this very test"],
  [demoCommand, "works on the checkout; test/build records the same suite, and CI starts from a fresh clone"],
]);

let bin: string;
/** What `bun run demo` leaves behind, which some examples ask. */
let demoOut: string;

beforeAll(async () => {
  const dir = tempDir();
  bin = folderOnPath(path.join(dir, "bin"));
  demoOut = path.join(dir, "demo-out");
  const suite = await run(["bash", path.join(root, "examples/suite/run-all.sh")], {
    env: { SCENARIOLOG_BIN: path.join(bin, "scenariolog"), OUT_DIR: demoOut },
  });
  expect(suite).toMatchObject({ code: 3 });
});

for (const document of documents) {
  const blocks = blocksOf(textOf(document)).filter(({ language }) => language !== "text");
  if (blocks.length === 0) continue;

  test(`every example of ${document} works as printed`, async () => {
    const cwd = tempDir();
    fs.cpSync(demoOut, path.join(cwd, "demo-out"), { recursive: true });
    for (const block of blocks) {
      const where = `${document}:${block.line}`;
      if (["bash", "sh"].includes(block.language)) await expectToRun(block, where, cwd);
      else if (block.language === "console") await expectToShow(block, where, cwd);
      else if (block.language === "sql") expectToQuery(block, where, path.join(cwd, "demo-out/scenario-run.db"));
      else if (block.language === "json") expect(() => JSON.parse(block.code), where).not.toThrow();
      else
        throw new Error(
          `${where} is a block of ${block.language || "no language"}: use bash, console, sql, json or text`,
        );
    }
  });
}

describe("the two commands of the README", () => {
  const readme = textOf("README.md");

  test("are blocks of their own, so that they can be copied", () => {
    const alone = blocksOf(readme).map(({ code }) => code.trim());
    for (const command of notRun.keys()) expect(alone).toContain(command);
  });

  test("name scripts of package.json, and the Bun version that it pins", () => {
    for (const command of notRun.keys()) {
      const [, bun, script] = /^npx -y (bun@\S+) run (\S+)$/.exec(command)!;
      expect(manifest.packageManager).toBe(bun!);
      expect(Object.keys(manifest.scripts)).toContain(script!);
    }
  });

  test("are what CI calls: it runs the check, and nothing else", () => {
    const lines = fs.readFileSync(path.join(root, ".ci/run"), "utf8").trim().split("\n");
    expect(lines.at(-1)).toBe(`exec ${checkCommand}`);
    expect(fs.readFileSync(path.join(root, ".github/workflows/ci.yml"), "utf8")).toContain("- run: .ci/run\n");
  });
});

test("the README has at most 350 lines", () => {
  expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(351);
});

for (const document of documents) {
  test(`links of ${document} lead to files and headings that exist`, () => {
    const broken = localLinksOf(textOf(document)).filter(([file, anchor]) => {
      const target = file === "" ? document : path.join(path.dirname(document), file);
      if (!fs.existsSync(path.join(root, target))) return true;
      return anchor !== "" && !anchorsOf(textOf(target)).has(anchor);
    });
    expect(broken).toEqual([]);
  });
}

for (const document of ["CONTRIBUTING.md", "docs/architecture.md"]) {
  test(`files and folders that ${document} names exist`, () => {
    const named = pathsIn(textOf(document));
    expect(named.length).toBeGreaterThan(10);
    const missing = named.filter((name) => !["", "src"].some((folder) => fs.existsSync(path.join(root, folder, name))));
    expect(missing).toEqual([]);
  });
}

test("the README leads to every page of docs/", () => {
  const linked = localLinksOf(textOf("README.md")).map(([file]) => file);
  for (const page of pages.filter((one) => one.startsWith("docs/"))) expect(linked).toContain(page);
});

describe("the topic on the schema", () => {
  test("names every table and column of a new database, and no other table", () => {
    const text = textOf(`${topicFolder}/schema.md`);
    const documented = new Map(
      [...text.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)].map(([, table, rest]) => [
        table!,
        [...rest!.matchAll(/`(\w+)`/g)].map(([, word]) => word!),
      ]),
    );
    const db = new Database(path.join(demoOut, "scenario-run.db"), { readonly: true });
    const columns = db
      .query<{ name: string; columns: string }, []>(
        `SELECT m.name, group_concat(c.name) AS columns FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'log_lines_fts_%' GROUP BY m.name`,
      )
      .all();
    db.close();
    expect([...documented.keys()].sort()).toEqual(columns.map(({ name }) => name).sort());
    for (const table of columns) {
      expect(documented.get(table.name)).toEqual(expect.arrayContaining(table.columns.split(",")));
    }
  });
});

test("the topic on search lists only queries that FTS5 accepts", async () => {
  const text = textOf(`${topicFolder}/search-syntax.md`);
  const table = text.slice(text.indexOf("finds lines with"), text.indexOf("A line is one unit"));
  const queries = [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, query]) => query!);
  expect(queries).toContain("NEAR(batch refused, 5)");
  for (const query of queries) {
    const search = await scenariolog(["search", "--db", path.join(demoOut, "scenario-run.db"), "--query", query]);
    expect({ query, ...search }).toMatchObject({ code: 0, stderr: "" });
  }
});

describe("bun scripts/docs.ts --check", () => {
  const docs = (...words: string[]) => run([process.execPath, path.join(root, "scripts/docs.ts"), ...words]);

  test("passes for the documents as they are", async () => {
    expect(await docs("--check")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  const stale = [
    { document: "docs/reference.md", current: "| `--script-path file`", old: "| `--script file`" },
    { document: "docs/architecture.md", current: "| `sys` |", old: "| `system` |" },
  ];
  for (const { document, current, old } of stale) {
    test(`fails with one line if the generated part of ${document} is out of date, and bun scripts/docs.ts mends it`, async () => {
      const copy = path.join(tempDir(), path.basename(document));
      const text = textOf(document);
      expect(text).toContain(current);
      fs.writeFileSync(copy, text.replace(current, old));
      const result = await docs("--check", copy);
      expect(result).toMatchObject({ code: 1, stdout: "" });
      expect(result.stderr).toMatch(/^docs: \S+\.md is out of date: run bun scripts\/docs.ts\n$/);
      expect(await docs(copy)).toMatchObject({ code: 0 });
      expect(fs.readFileSync(copy, "utf8")).toBe(text);
    });
  }
});

async function expectToRun({ code }: Block, where: string, cwd: string): Promise<void> {
  if (notRun.has(code.trim())) return;
  const { code: exit, stdout, stderr } = await runScript(code, { cwd, bin });
  const wanted = exitCodeSaid(code);
  if (exit !== wanted) throw new Error(`${where} ends with ${exit}, not ${wanted}:\n${code}\n${stdout}${stderr}`);
}

async function expectToShow({ code }: Block, where: string, cwd: string): Promise<void> {
  const exchanges = exchangesOf(code);
  const results = await typeIn(exchanges, { cwd, bin });
  for (const [i, { command, shown }] of exchanges.entries()) {
    const { printed, code: exit } = results[i]!;
    expect(`${where} $ ${command}\n${normalised(printed)}`).toBe(`${where} $ ${command}\n${normalised(shown)}`);
    const saysCode = exchanges[i + 1]?.command === "echo $?";
    if (!saysCode) expect({ where, command, exit }).toEqual({ where, command, exit: 0 });
  }
}

function expectToQuery({ code }: Block, where: string, file: string): void {
  const db = new Database(file, { readonly: true });
  try {
    expect(db.query(code).columnNames.length, where).toBeGreaterThan(1);
    db.query(code).all();
  } finally {
    db.close();
  }
}
