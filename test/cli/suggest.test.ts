import { expect, test } from "bun:test";
import { nameElsewhere } from "../../src/cli/argv/suggest.ts";
import { nearest } from "../../src/model/nearest.ts";

const verbs = [
  "init",
  "run start",
  "run end",
  "exec",
  "record",
  "why",
  "runs",
  "steps",
  "summary",
  "failures",
  "search",
  "log",
];

test.each([
  ["wyh", "why"],
  ["sumary", "summary"],
  ["serach", "search"],
  ["faliures", "failures"],
  ["recrod", "record"],
  ["sum", "summary"],
  ["run-start", "run start"],
])("%s is taken for %s", (word, meant) => expect(nearest(word, verbs)).toBe(meant));

test.each(["xyzzy", "x", "", "completely-else"])("%p has no near name", (word) =>
  expect(nearest(word, verbs)).toBeUndefined(),
);

test("two equally near names yield no suggestion", () => {
  expect(nearest("ab", ["aa", "bb"])).toBeUndefined();
  expect(nearest("ouput", ["output", "output-file"])).toBe("output");
  expect(nearest("keepgoing", ["keep-going", "kind"])).toBe("keep-going");
});

test("verbs of other tools are translated", () => {
  expect(["ls", "grep", "rerun", "version", "show"].map(nameElsewhere)).toEqual([
    "runs",
    "search",
    "record --failed",
    "--version",
    undefined,
  ]);
});
