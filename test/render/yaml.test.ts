import { expect, test } from "bun:test";
import { render } from "../../src/render/render.ts";
import { oddStrings } from "./odd-strings.ts";

const yaml = (columns: string[], ...rows: (string | number | boolean | null)[][]) =>
  render({ columns, rows }, { format: "yaml" });

test("yaml is one document a row, so that yq .run_id works", () => {
  expect(yaml(["run_id", "exit_code", "fts"], ["r1", 0, true], ["r 2", null, false])).toBe(
    "run_id: r1\nexit_code: 0\nfts: true\n---\nrun_id: r 2\nexit_code: null\nfts: false\n",
  );
});

test("without rows yaml is nothing", () => {
  expect(yaml(["a"])).toBe("");
});

test("yaml quotes text that a YAML parser would take for something else", () => {
  for (const text of ["true", "yes", "y", "null", "0123", "1e3", "2026-11-23T01:02:03Z", "", " a", "a: b", "a #b"]) {
    expect(yaml(["a"], [text])).toBe(`a: ${JSON.stringify(text)}\n`);
  }
  expect(yaml(["a"], ["two\nlines"])).toBe('a: "two\\nlines"\n');
});

test("yaml leaves ordinary words and paths unquoted", () => {
  for (const text of ["hello", "logs/step-01-stdout.txt", "/tmp/a b", "build all", "true story"]) {
    expect(yaml(["a"], [text])).toBe(`a: ${text}\n`);
  }
});

test("every odd string comes back from yaml, as a value and as a column name", () => {
  for (const text of oddStrings) {
    expect(Bun.YAML.parse(yaml(["a"], [text]))).toEqual({ a: text });
    expect(Bun.YAML.parse(yaml([text], [text]))).toEqual(Object.fromEntries([[text, text]]));
  }
});

test("several rows come back from yaml as several documents, null and numbers as such", () => {
  expect(Bun.YAML.parse(yaml(["a", "b"], ["1", 1], [null, -1.5], ["", 1e21]))).toEqual([
    { a: "1", b: 1 },
    { a: null, b: -1.5 },
    { a: "", b: 1e21 },
  ]);
});

test("columns stay in their order in yaml even when their names look like integers", () => {
  expect(yaml(["b", "2", "1"], ["x", "y", "z"])).toBe('b: x\n"2": "y"\n"1": z\n');
});

test("a lone surrogate, which YAML cannot say, becomes the replacement character", () => {
  expect(Bun.YAML.parse(yaml(["a"], ["x\ud800y"]))).toEqual({ a: "x\ufffdy" });
});
