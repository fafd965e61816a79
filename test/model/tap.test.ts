import { expect, test } from "bun:test";
import { type TapDocument, TapReader } from "../../src/model/tap.ts";

function read(text: string): readonly TapDocument[] | null {
  const reader = new TapReader();
  for (const line of text.trimEnd().split("\n")) reader.line(line, "now");
  return reader.end();
}

const pointsOf = (text: string) =>
  read(text)![0]!.points.map(({ num, ok, name, directive, reason, durationMs }) => ({
    num,
    ok,
    name,
    ...(directive && { directive, reason }),
    ...(durationMs !== null && { durationMs }),
  }));

test("points have a number, a name, an end, and what skip and todo give as a reason", () => {
  expect(
    pointsOf(
      [
        "1..7",
        "ok 1 - plain",
        "not ok 2 broken # not a directive",
        "ok 3 # SKIP",
        "ok - net # skip: no network",
        "not ok 5 - later # TODO not yet",
        "ok 6 - hash \\# skip in a name",
        "ok",
      ].join("\n"),
    ),
  ).toEqual([
    { num: 1, ok: true, name: "plain" },
    { num: 2, ok: false, name: "broken # not a directive" },
    { num: 3, ok: true, name: "", directive: "skip", reason: null },
    { num: null, ok: true, name: "net", directive: "skip", reason: "no network" },
    { num: 5, ok: false, name: "later", directive: "todo", reason: "not yet" },
    { num: 6, ok: true, name: "hash # skip in a name" },
    { num: null, ok: true, name: "" },
  ]);
});

test("durations are read where tools put them", () => {
  const text = [
    "1..5",
    "ok 1 - tap # time=12.5ms",
    "ok 2 bats in 250ms",
    "ok 3 - pg 7 ms",
    "ok 4 - node",
    "  ---",
    "  duration_ms: 3.25",
    "  ...",
    "ok 5 - takes 5 seconds",
  ];
  expect(pointsOf(text.join("\n")).map(({ name, durationMs }) => [name, durationMs])).toEqual([
    ["tap", 12.5],
    ["bats", 250],
    ["pg", 7],
    ["node", 3.25],
    ["takes 5 seconds", undefined],
  ]);
});

test("a point has what was printed before it, its subtests, and the diagnostics after it", () => {
  const text = [
    "TAP version 13",
    "# Subtest: outer",
    "    not ok 1 - inner",
    "    1..1",
    "not ok 1 - outer",
    "  ---",
    "  error: 'x'",
    "  ...",
    "# why",
    "noise",
    "ok 2 - next",
    "1..2",
    "# tests 2",
    "# fail 1",
  ];
  const points = read(text.join("\n"))![0]!.points;
  expect(points[0]!.lines).toEqual(text.slice(1, 9));
  expect(points[1]!.lines).toEqual(["noise", "ok 2 - next"]);
});

test("the files of prove -v are documents of their own, also one that skips all", () => {
  const text =
    "t/a.t .. \n1..1\nok 1 - x\nok\nt/b.t .. \nok 1 - y\n1..1\nok\nt/c.t .. \n1..0 # SKIP no db\nskipped: no db\nAll tests successful.\n";
  const documents = read(text)!;
  expect(documents.map(({ file, planned }) => [file, planned])).toEqual([
    ["t/a.t", 1],
    ["t/b.t", 1],
    ["t/c.t", 0],
  ]);
  // The bare "ok" is prove's word about the file.
  expect(documents.map(({ points }) => points.map(({ name }) => name))).toEqual([["x"], ["y"], ["t/c.t"]]);
  expect(documents[2]!.points[0]).toMatchObject({ directive: "skip", reason: "no db" });
});

test.each(["ok", "ok 1 done\nnot ok 2\n", "okay\n1..3 apples\n", "1..2\n", "", "not okay"])("%p is no TAP", (text) => {
  expect(read(text)).toBeNull();
});
