import { describe, expect, test } from "bun:test";
import { ScenariologError } from "../../src/errors.ts";
import type { Cell, RowSet } from "../../src/model/rows.ts";
import { formats, type RenderOptions, render } from "../../src/render/render.ts";

const steps: RowSet = {
  columns: ["step_num", "step_name", "exit_code", "duration_ms"],
  rows: [
    [1, "build", 0, 30],
    [2, "test", 1, 200],
    [10, "deploy", null, 30],
  ],
};

const csv = (options: RenderOptions, rows: RowSet = steps) => render(rows, { format: "csv", ...options });
const sorted = (column: string, cells: Cell[]) =>
  render(
    { columns: ["c"], rows: cells.map((cell) => [cell]) },
    { sortBy: [{ column: "c", descending: column.startsWith("-") }], format: "json" },
  );
const asc = (column: string) => ({ column, descending: false });
const desc = (column: string) => ({ column, descending: true });

test("fields keeps columns and puts them in the given order; a name given twice counts once", () => {
  expect(csv({ fields: ["exit_code", "step_num", "exit_code"], limit: 2 })).toBe("exit_code,step_num\n0,1\n1,2\n");
});

test("filter drops columns, also those that fields keeps", () => {
  expect(csv({ filter: ["step_name", "duration_ms"], limit: 1 })).toBe("step_num,exit_code\n1,0\n");
  expect(csv({ fields: ["step_num", "exit_code"], filter: ["exit_code"], limit: 1 })).toBe("step_num\n1\n");
});

test("columns can be sorted by name and some of them moved to the front", () => {
  expect(csv({ sortColumns: true, limit: 1 })).toBe("duration_ms,exit_code,step_name,step_num\n30,0,build,1\n");
  expect(csv({ reorderColumns: ["duration_ms", "step_name"], limit: 1 })).toBe(
    "duration_ms,step_name,step_num,exit_code\n30,build,1,0\n",
  );
  expect(csv({ sortColumns: true, reorderColumns: ["step_num"], limit: 1 })).toBe(
    "step_num,duration_ms,exit_code,step_name\n1,30,0,build\n",
  );
});

test("rename changes the header only, and all other options go by the report's own names", () => {
  const rename = [{ from: "step_num", to: "n" }];
  expect(csv({ rename, fields: ["step_num"], sortBy: [desc("step_num")] })).toBe("n\n10\n2\n1\n");
});

test("two columns can swap their names", () => {
  const rename = [
    { from: "a", to: "b" },
    { from: "b", to: "a" },
  ];
  expect(csv({ rename }, { columns: ["a", "b"], rows: [[1, 2]] })).toBe("b,a\n1,2\n");
});

test("rows sort by several columns, numbers as numbers, and equal rows keep their order", () => {
  expect(csv({ sortBy: [asc("duration_ms"), desc("step_num")], fields: ["step_num"] })).toBe("step_num\n10\n1\n2\n");
  expect(csv({ sortBy: [asc("duration_ms")], fields: ["step_num"] })).toBe("step_num\n1\n10\n2\n");
  expect(csv({ sortBy: [desc("duration_ms")], fields: ["step_num"] })).toBe("step_num\n2\n1\n10\n");
});

test("null sorts first and last when descending; then booleans, numbers, times, text", () => {
  const cells: Cell[] = ["b", "B", 10, 9, true, null, false, "2026-11-23T01:02:03Z"];
  const expected: Cell[] = [null, false, true, 9, 10, "2026-11-23T01:02:03Z", "B", "b"];
  const values = (text: string) => (JSON.parse(text) as { c: Cell }[]).map(({ c }) => c);
  expect(values(sorted("c", cells))).toEqual(expected);
  expect(values(sorted("-c", cells))).toEqual(expected.toReversed());
});

test("times sort by time even when their fraction was trimmed", () => {
  const times = ["2026-11-23T01:02:03.5Z", "2026-11-23T01:02:03Z", "2026-11-23T01:02:03.45Z"];
  expect(JSON.parse(sorted("c", times))).toEqual([{ c: times[1]! }, { c: times[2]! }, { c: times[0]! }]);
});

test("rows are sorted before they are skipped and limited", () => {
  const options = { sortBy: [desc("step_num")], fields: ["step_num"] };
  expect(csv({ ...options, skip: 1 })).toBe("step_num\n2\n1\n");
  expect(csv({ ...options, limit: 1 })).toBe("step_num\n10\n");
  expect(csv({ ...options, skip: 1, limit: 1 })).toBe("step_num\n2\n");
  expect(csv({ ...options, skip: 9 })).toBe("step_num\n");
  expect(csv({ ...options, limit: 0 })).toBe("step_num\n10\n2\n1\n");
});

describe.each([...formats])("%s", (format) => {
  test("select prints bare values, one a line, null as an empty line", () => {
    const odd = {
      columns: ["a", "b"],
      rows: [
        ["x, y", 1],
        ['say "hi"', 2],
        [null, 3],
        ["two\nlines", 4],
        [true, 5],
      ],
    };
    expect(render(odd, { format, select: "a" })).toBe('x, y\nsay "hi"\n\ntwo\nlines\ntrue\n');
    expect(render(odd, { format, select: "b", sortBy: [desc("b")], skip: 1, limit: 2 })).toBe("4\n3\n");
    expect(render(odd, { format, select: "b", asObjects: true, limit: 1 })).toBe("1\n");
    expect(render({ ...odd, rows: [] }, { format, select: "a" })).toBe("");
  });

  test("the transformations give the same as a report that was so from the start", () => {
    const options = {
      sortBy: [desc("duration_ms"), desc("step_num")],
      skip: 1,
      limit: 1,
      fields: ["step_num", "step_name", "exit_code"],
      filter: ["step_name"],
      sortColumns: true,
      reorderColumns: ["step_num"],
      rename: [{ from: "step_num", to: "n" }],
    };
    expect(render(steps, { format, ...options })).toBe(
      render({ columns: ["n", "exit_code"], rows: [[10, null]] }, { format }),
    );
  });

  test("an unknown column is an error that names the columns there are", () => {
    const there = "the columns are: step_num, step_name, exit_code, duration_ms";
    const rows = { ...steps, rows: [] };
    const messages: [RenderOptions, string][] = [
      [{ fields: ["step_num", "nope"] }, `--fields: no column "nope"; ${there}`],
      [{ filter: ["nope"] }, `--filter: no column "nope"; ${there}`],
      [{ reorderColumns: ["nope"] }, `--reorder-columns: no column "nope"; ${there}`],
      [{ sortBy: [asc("nope")] }, `--sort-by: no column "nope"; ${there}`],
      [{ rename: [{ from: "nope", to: "x" }] }, `--rename: no column "nope"; ${there}`],
      [{ select: "nope" }, `--select: no column "nope"; ${there}`],
      [{ select: "step_num", fields: ["nope"] }, `--fields: no column "nope"; ${there}`],
    ];
    for (const [options, message] of messages) expectUsageError(() => render(rows, { format, ...options }), message);
  });
});

test("select knows columns that are dropped, and new names", () => {
  expect(csv({ select: "step_name", fields: ["step_num"], limit: 1 })).toBe("build\n");
  expect(csv({ select: "n", rename: [{ from: "step_num", to: "n" }], limit: 1 })).toBe("1\n");
  expect(csv({ select: "step_num", rename: [{ from: "step_num", to: "n" }], limit: 1 })).toBe("1\n");
});

test("options that leave two columns of one name, or no column, are errors", () => {
  const rename = [{ from: "step_num", to: "exit_code" }];
  expectUsageError(() => csv({ rename }), '--rename gives two columns the name "exit_code"');
  expect(csv({ rename, filter: ["exit_code"], fields: ["step_num", "exit_code"], limit: 1 })).toBe("exit_code\n1\n");
  expectUsageError(() => csv({ fields: ["step_num"], filter: ["step_num"] }), "--filter drops every column");
});

function expectUsageError(action: () => unknown, message: string): void {
  let error: unknown;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ScenariologError);
  expect(error).toMatchObject({ code: "USAGE", message });
}
