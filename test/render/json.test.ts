import { expect, test } from "bun:test";
import { render } from "../../src/render/render.ts";
import { oddStrings } from "./odd-strings.ts";

const rows = {
  columns: ["run_id", "exit_code", "ok"],
  rows: [
    ["r1", 0, true],
    ['say "hi"', null, false],
  ],
};

test("json is one array of objects, indented by two, with real numbers, booleans and null", () => {
  expect(render(rows, { format: "json" })).toBe(`[
  {
    "run_id": "r1",
    "exit_code": 0,
    "ok": true
  },
  {
    "run_id": "say \\"hi\\"",
    "exit_code": null,
    "ok": false
  }
]
`);
});

test("json as objects is one object after another", () => {
  expect(render(rows, { format: "json", asObjects: true })).toBe(`{
  "run_id": "r1",
  "exit_code": 0,
  "ok": true
}
{
  "run_id": "say \\"hi\\"",
  "exit_code": null,
  "ok": false
}
`);
});

test("jsonl is one object a line", () => {
  expect(render(rows, { format: "jsonl" })).toBe(
    '{"run_id":"r1","exit_code":0,"ok":true}\n{"run_id":"say \\"hi\\"","exit_code":null,"ok":false}\n',
  );
});

test("without rows json is an empty array, and jsonl and json as objects are nothing", () => {
  const none = { columns: ["a"], rows: [] };
  expect(render(none, { format: "json" })).toBe("[]\n");
  expect(render(none, { format: "json", asObjects: true })).toBe("");
  expect(render(none, { format: "jsonl" })).toBe("");
});

test("columns stay in their order in json even when their names look like integers", () => {
  const numbered = { columns: ["b", "2", "1"], rows: [["x", "y", "z"]] };
  expect(render(numbered, { format: "jsonl" })).toBe('{"b":"x","2":"y","1":"z"}\n');
  expect(render(numbered, { format: "json" })).toBe('[\n  {\n    "b": "x",\n    "2": "y",\n    "1": "z"\n  }\n]\n');
});

test("every odd string comes back from json and jsonl, as a value and as a column name", () => {
  for (const text of [...oddStrings, "lone\ud800surrogate"]) {
    const odd = { columns: [text], rows: [[text]] };
    const expected = Object.fromEntries([[text, text]]);
    expect(JSON.parse(render(odd, { format: "json" }))).toEqual([expected]);
    expect(JSON.parse(render(odd, { format: "jsonl" }))).toEqual(expected);
  }
});

test("json never carries a character that a terminal would obey", () => {
  const odd = { columns: ["a"], rows: oddStrings.map((text) => [text]) };
  for (const format of ["json", "jsonl", "yaml"] as const) {
    expect(render(odd, { format }).replaceAll("\n", "")).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/);
  }
});
