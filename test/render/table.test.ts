import { expect, test } from "bun:test";
import { render } from "../../src/render/render.ts";
import { oddStrings } from "./odd-strings.ts";

test("a table is ruled, left-aligned, and headed by the column names as they are", () => {
  const rows = {
    columns: ["run_id", "exit_code", "ok"],
    rows: [
      ["run-one", 0, true],
      ["r2", null, false],
    ],
  };
  expect(render(rows)).toBe(`\
+---------+-----------+-------+
| run_id  | exit_code | ok    |
+---------+-----------+-------+
| run-one | 0         | true  |
| r2      |           | false |
+---------+-----------+-------+
`);
  expect(render(rows, { withHeaders: false })).toBe(`\
+---------+---+-------+
| run-one | 0 | true  |
| r2      |   | false |
+---------+---+-------+
`);
});

test("without rows a table is its header only, and without a header as well it is nothing", () => {
  const none = { columns: ["run_id", "name"], rows: [] };
  expect(render(none)).toBe("+--------+------+\n| run_id | name |\n+--------+------+\n");
  expect(render(none, { withHeaders: false })).toBe("");
});

test("columns of a table line up for wide and combining characters", () => {
  expect(
    render({
      columns: ["a", "b"],
      rows: [
        ["日本", "x"],
        ["e\u0301", "y"],
        ["👍🏽", "z"],
      ],
    }),
  ).toBe(`\
+------+---+
| a    | b |
+------+---+
| 日本 | x |
| e\u0301    | y |
| 👍🏽   | z |
+------+---+
`);
});

test("a table shows control, invisible and bidi override characters as escapes", () => {
  const shown = (text: string) => render({ columns: ["c"], rows: [[text]] }, { withHeaders: false }).split("\n")[1];
  expect(shown("a\nb\tc\rd")).toBe("| a\\nb\\tc\\rd |");
  expect(shown("\x1b[31mred\x07\0\x7f\x9b")).toBe("| \\x1b[31mred\\x07\\x00\\x7f\\x9b |");
  expect(shown("a\u202eb\u2066c\u200bd\ufeff\u2028")).toBe("| a\\u202eb\\u2066c\\u200bd\\ufeff\\u2028 |");
  expect(shown("tag\u{e0041} lone\ud800 ❤️")).toBe("| tag\\u{e0041} lone\\ud800 ❤️ |");
  expect(shown("C:\\new")).toBe("| C:\\new |");
});

test("nothing that a terminal would obey is in a table, whatever the cells and column names hold", () => {
  for (const text of oddStrings) {
    const shown = render({ columns: [text], rows: [[text]] });
    expect(shown.split("\n")).toHaveLength(6);
    expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/u);
    expect(
      new Set(
        shown
          .trimEnd()
          .split("\n")
          .map((line) => Bun.stringWidth(line)),
      ).size,
    ).toBe(1);
  }
});
