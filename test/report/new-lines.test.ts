import { describe, expect, test } from "bun:test";
import { newLines, normalised } from "../../src/report/why/new-lines.ts";

const roots = { before: "/home/ci/build-1", now: "/home/ci/build-2" };
const fresh = (before: string[], now: string[], most = 10) => newLines(before, now, roots, most);

describe("lines that differ from one run to the next are not new:", () => {
  test.each([
    ["numbers", "imported 3 orders, 1,024 bytes", "imported 17 orders, 9,999,123 bytes"],
    ["durations", "done in 1.23s (12ms each)", "done in 59.1s (4ms each)"],
    ["durations of minutes", "took 1m32s", "took 59.4s"],
    ["times", "2024-05-01T10:00:00.123Z started", "2025-11-23T23:59:59Z started"],
    ["times of day", "[10:00:01] start", "[9:12:59.123] start"],
    ["dates in words", "Mon, 01 Jan 2024 10:00:00 GMT", "Tue, 23 Nov 2026 05:22:11 GMT"],
    ["uuids", "id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-aaaa-bbbb-cccc-ffffffffffff"],
    ["hashes and addresses", "commit 4be1f9ac0d at 0x7ffdeadbeef", "commit a00000001f at 0x1"],
    ["the run's root", "reading /home/ci/build-1/in.txt", "reading /home/ci/build-2/in.txt"],
    ["temporary directories", "wrote /tmp/tmp.aB3dEf/out.txt", "wrote /tmp/tmp.Zz9xYw/out.txt"],
    ["temporary directories of a Mac", "cd /var/folders/ab/c1/T/x.1", "cd /private/var/folders/zz/q9/T/y.2"],
    ["blanks", "a  b\t c ", " a b c"],
  ])("%s", (_, before, now) => {
    expect(fresh([before], [now])).toEqual({ lines: [], total: 0 });
  });
});

test("a line with another word is new, as it was printed; each is shown once, and empty ones are not", () => {
  const now = ["total 42", "", "error: 42 is wrong", "error: 43 is wrong", "feed the deed", "bye"];
  expect(fresh(["total 45", "bye"], now)).toEqual({ lines: ["error: 42 is wrong", "feed the deed"], total: 2 });
});

test("no more are shown than were asked for, and all are counted", () => {
  const words = ["one", "two", "three", "four"];
  expect(fresh([], words, 3)).toEqual({ lines: ["one", "two", "three"], total: 4 });
});

test("what lies in a temporary directory keeps its name", () => {
  expect(fresh(["cat: /tmp/x1/good: ok"], ["cat: /tmp/x2/bad: ok"]).total).toBe(1);
});

test("any line has a form to compare, and a root of / is no root", () => {
  expect(normalised("/a/b 12", "/")).toBe("/a/b #");
  expect(normalised(`${"f".repeat(100_000)}1`, "")).toHaveLength(2000);
});
