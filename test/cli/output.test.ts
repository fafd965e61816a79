import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitRows, outputArgs, parseOutputOptions } from "../../src/cli/argv/output-flags.ts";
import { ScenariologError } from "../../src/errors.ts";

const rows = {
  columns: ["run_id", "exit_code"],
  rows: [
    ["r1", 0],
    ["r2", null],
  ],
};
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "output-test-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a verb writes for these flags, by way of --output-file. */
function written(args: Record<string, unknown>): string {
  const file = join(directory, "out");
  emitRows(rows, parseOutputOptions({ ...args, "output-file": file }));
  return readFileSync(file, "utf8");
}

function errorOf(action: () => unknown): ScenariologError {
  try {
    action();
  } catch (error) {
    if (error instanceof ScenariologError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("all output flags of the Go build are there, and --csv-safe", () => {
  expect(Object.keys(outputArgs).sort()).toEqual([
    "csv-safe",
    "csv-separator",
    "fields",
    "filter",
    "glazed-limit",
    "glazed-skip",
    "output",
    "output-as-objects",
    "output-file",
    "rename",
    "reorder-columns",
    "select",
    "sort-by",
    "sort-columns",
    "table-format",
    "with-headers",
  ]);
});

test("without flags, and with empty ones, the output is a plain table on stdout", () => {
  const plain = {
    format: "table",
    fields: [],
    filter: [],
    sortColumns: false,
    reorderColumns: [],
    sortBy: [],
    rename: [],
    select: undefined,
    withHeaders: true,
    csvSeparator: undefined,
    csvSafe: false,
    outputFile: undefined,
    skip: 0,
    limit: 0,
    asObjects: false,
  } as const;
  expect(parseOutputOptions({})).toEqual(plain);
  const empty = { fields: "", filter: " , ", "reorder-columns": "", "sort-by": "", rename: "", select: "" };
  expect(parseOutputOptions({ ...empty, "output-file": "", "table-format": "" })).toEqual(plain);
});

test("the defaults that help shows are what an absent flag means", () => {
  const defaults = Object.entries(outputArgs).flatMap(([name, arg]) => ("default" in arg ? [[name, arg.default]] : []));
  expect(parseOutputOptions(Object.fromEntries(defaults))).toEqual(parseOutputOptions({}));
});

test("flags reach the output", () => {
  expect(written({ output: "csv" })).toBe("run_id,exit_code\nr1,0\nr2,\n");
  expect(written({ output: "csv", "csv-separator": ";", "with-headers": false })).toBe("r1;0\nr2;\n");
  expect(written({ output: "csv", fields: " exit_code , run_id", "sort-by": "exit_code" })).toBe(
    "exit_code,run_id\n,r2\n0,r1\n",
  );
  expect(written({ output: "csv", filter: "exit_code", "sort-by": "-run_id" })).toBe("run_id\nr2\nr1\n");
  expect(written({ output: "csv", "sort-columns": true, "glazed-limit": "1" })).toBe("exit_code,run_id\n0,r1\n");
  expect(written({ output: "csv", "reorder-columns": "exit_code", "glazed-skip": "1" })).toBe(
    "exit_code,run_id\n,r2\n",
  );
  expect(written({ output: "csv", rename: "run_id:id,exit_code:code", "glazed-limit": "1" })).toBe("id,code\nr1,0\n");
  expect(written({ output: "csv", rename: ["run_id:a:b", "exit_code:code"], "glazed-limit": "1" })).toBe(
    "a:b,code\nr1,0\n",
  );
  expect(written({ output: "json", select: "run_id" })).toBe("r1\nr2\n");
  expect(written({ output: "json", "output-as-objects": true, fields: "run_id" })).toBe(
    '{\n  "run_id": "r1"\n}\n{\n  "run_id": "r2"\n}\n',
  );
});

test("a table can be had as ascii, markdown or html, and other formats do not care", () => {
  expect(written({ "table-format": "ascii" })).toBe(written({}));
  expect(written({ "table-format": "markdown" })).toBe(written({ output: "markdown" }));
  expect(written({ "table-format": "html" })).toBe(written({ output: "html" }));
  expect(written({ output: "json", "table-format": "html" })).toBe(written({ output: "json" }));
});

test("bad values are usage errors that name the flag", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ output: "xml" }, '--output: no format "xml"; there are: table, json, jsonl, yaml, csv, tsv, markdown, html'],
    [{ output: "" }, '--output: no format ""; there are: table, json, jsonl, yaml, csv, tsv, markdown, html'],
    [
      { output: "constructor" },
      '--output: no format "constructor"; there are: table, json, jsonl, yaml, csv, tsv, markdown, html',
    ],
    [{ "table-format": "toString" }, '--table-format: no table format "toString"; there are: ascii, markdown, html'],
    [{ output: "json", "table-format": "x" }, '--table-format: no table format "x"; there are: ascii, markdown, html'],
    [{ "glazed-skip": "-1" }, '--glazed-skip: "-1" is not a whole number of 0 or more'],
    [{ "glazed-limit": "1.5" }, '--glazed-limit: "1.5" is not a whole number of 0 or more'],
    [{ "glazed-limit": "1e3" }, '--glazed-limit: "1e3" is not a whole number of 0 or more'],
    [{ "glazed-limit": "" }, '--glazed-limit: "" is not a whole number of 0 or more'],
    [
      { "glazed-limit": "99999999999999999999" },
      '--glazed-limit: "99999999999999999999" is not a whole number of 0 or more',
    ],
    [{ "csv-separator": "" }, '--csv-separator: "" is not one character other than a quote or line end'],
    [{ "csv-separator": "ab" }, '--csv-separator: "ab" is not one character other than a quote or line end'],
    [{ "csv-separator": '"' }, '--csv-separator: "\\"" is not one character other than a quote or line end'],
    [{ "csv-separator": "\n" }, '--csv-separator: "\\n" is not one character other than a quote or line end'],
    [{ rename: "a" }, '--rename: "a" is not old:new'],
    [{ rename: "a:" }, '--rename: "a:" is not old:new'],
    [{ rename: ["a:b", ":c"] }, '--rename: ":c" is not old:new'],
    [{ "sort-by": "a,-" }, "--sort-by: a column is missing after the -"],
    [{ fields: true }, "--fields needs a value"],
    [{ "with-headers": "maybe" }, '--with-headers: "maybe" is not true or false'],
  ];
  for (const [args, message] of cases) {
    expect(errorOf(() => parseOutputOptions(args))).toMatchObject({ code: "USAGE", message });
  }
});

test("an output file is created, and truncated when it is there", () => {
  const file = join(directory, "longer");
  writeFileSync(file, "x".repeat(10_000));
  emitRows(rows, parseOutputOptions({ output: "tsv", "output-file": file }));
  expect(readFileSync(file, "utf8")).toBe("run_id\texit_code\nr1\t0\nr2\t\n");
});

test("an output file is left alone when the rows cannot be rendered", () => {
  const file = join(directory, "kept");
  writeFileSync(file, "kept");
  expect(errorOf(() => emitRows(rows, parseOutputOptions({ "output-file": file, fields: "nope" }))).code).toBe("USAGE");
  expect(readFileSync(file, "utf8")).toBe("kept");
});

test("an output file that cannot be written is an error that names it and says why", () => {
  const missing = join(directory, "no", "such", "file");
  expect(errorOf(() => emitRows(rows, { outputFile: missing }))).toMatchObject({
    code: "FILE",
    message: `cannot write "${missing}": no such file or directory`,
  });
  expect(errorOf(() => emitRows(rows, { outputFile: directory })).message).toStartWith(`cannot write "${directory}": `);
});

test("without an output file the rows go to stdout", () => {
  const program = `
    import { emitRows, parseOutputOptions } from ${JSON.stringify(`${import.meta.dir}/../../src/cli/argv/output-flags.ts`)};
    emitRows(${JSON.stringify(rows)}, parseOutputOptions({ output: "csv" }));
  `;
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, "-e", program]);
  expect([stdout.toString(), stderr.toString(), exitCode]).toEqual(["run_id,exit_code\nr1,0\nr2,\n", "", 0]);
});
