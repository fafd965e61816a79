import { describe, expect, test } from "bun:test";
import { ScenariologError } from "../../src/errors.ts";
import { parseTag, splitFields, tagsFromObject } from "../../src/model/tags.ts";

describe("a tag is split", () => {
  test.each([
    ["a:b", ["a", "b"]],
    ["url:http://x:80/?a=b", ["url", "http://x:80/?a=b"]],
    ["a=b", ["a", "b"]],
    ["a=b=c", ["a", "b=c"]],
    ["a=b:c", ["a=b", "c"]],
    ["a:b=c", ["a", "b=c"]],
    ["a:", ["a", ""]],
    ["a=", ["a", ""]],
    ["a b: c ", ["a b", " c "]],
    ["a:line1\nline2", ["a", "line1\nline2"]],
    ["größe:10 €", ["größe", "10 €"]],
    ["__proto__:x", ["__proto__", "x"]],
    [":", null],
    ["=v", null],
    [" :v", null],
    [":=v", null],
    ["key", null],
  ] as [string, string[] | null][])("%j at its first colon, else at its first equals sign", (text, expected) => {
    if (expected) expect(splitFields(text).map((field) => parseTag(field))).toEqual([expected as [string, string]]);
    else expect(() => splitFields(text).map((field) => parseTag(field))).toThrow(ScenariologError);
  });
});

describe("several tags in one value are one CSV record", () => {
  test.each([
    ["", []],
    ["a:b,c:d", ["a:b", "c:d"]],
    ['"a:b,c",d:e', ["a:b,c", "d:e"]],
    ['d:e,"a:b,c"', ["d:e", "a:b,c"]],
    ['"a:say ""hi"""', ['a:say "hi"']],
    ['a:say "hi"', ['a:say "hi"']],
    ['"a:b\nc"', ["a:b\nc"]],
    ['""', [""]],
    ["a:b,", ["a:b", ""]],
    [",", ["", ""]],
    ['"a:b', "has an unbalanced quote"],
    ['"a:b"c', "has text after a closing quote"],
    ['"a:b" ,c:d', "has text after a closing quote"],
  ] as [string, string[] | string][])("%j", (text, expected) => {
    if (typeof expected === "string") expect(() => splitFields(text)).toThrow(expected);
    else expect(splitFields(text)).toEqual(expected);
  });
});

test("scalars of a file become strings, deeper values JSON, and null is empty", () => {
  const file = { s: "x", i: 1, f: 1.5, t: true, n: null, list: [1, "a"], map: { a: { b: 1 } }, empty: "" };
  expect(tagsFromObject(file, "f.json")).toEqual([
    ["s", "x"],
    ["i", "1"],
    ["f", "1.5"],
    ["t", "true"],
    ["n", ""],
    ["list", '[1,"a"]'],
    ["map", '{"a":{"b":1}}'],
    ["empty", ""],
  ]);
});

test.each([null, "text", 5, [["a", "b"]]])("a file that holds %j has no tags in it", (value) => {
  expect(() => tagsFromObject(value, "f.json")).toThrow("--kv @f.json does not hold an object of tags");
});
