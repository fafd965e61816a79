import { describe, expect, test } from "bun:test";
import { cutEnd, cutMiddle } from "../../src/render/terminal/cut.ts";
import { humanAge, humanBytes, humanDuration, humanTime } from "../../src/render/terminal/human.ts";
import { terminalLines, terminalTable } from "../../src/render/terminal/table.ts";

const now = Date.UTC(2026, 0, 2, 12, 0, 0);
const plain = (columns: number) => ({ columns, colours: false, nowMs: now });

describe("figures are as a person says them", () => {
  test.each([
    [0, "0.00s"],
    [850, "0.85s"],
    [9949, "9.95s"],
    [12_340, "12.3s"],
    [59_960, "1m00s"],
    [125_000, "2m05s"],
    [3_725_000, "1h02m"],
    [100_000_000, "1d04h"],
    [null, ""],
  ])("%p ms is %p", (ms, text) => expect(humanDuration(ms)).toBe(text));

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [4213, "4.2 kB"],
    [999_950, "1.0 MB"],
    [123_456_789, "123 MB"],
    [5e12, "5.0 TB"],
    [null, ""],
  ])("%p bytes are %p", (bytes, text) => expect(humanBytes(bytes)).toBe(text));

  test("times are local, and as short as they are clear", () => {
    const at = new Date(2026, 0, 2, 9, 5, 7).getTime();
    expect(humanTime(at, new Date(2026, 0, 2, 23).getTime())).toBe("09:05:07");
    expect(humanTime(at, new Date(2026, 5, 1).getTime())).toBe("2 Jan 09:05");
    expect(humanTime(at, new Date(2027, 5, 1).getTime())).toBe("2 Jan 2026");
    expect(humanTime(null, now)).toBe("");
    expect([0, 5 * 60, 3 * 3600, 12 * 86_400, -3600].map((s) => humanAge(now - s * 1000, now))).toEqual([
      "just now",
      "5 min ago",
      "3 h ago",
      "12 days ago",
      "in the future",
    ]);
  });
});

test("what is cut keeps to its width, wide characters included", () => {
  expect(cutEnd("abcdef", 4)).toBe("abc…");
  expect(cutMiddle("/home/you/project/.logs/step-02-stderr.txt", 24)).toBe("/home/…tep-02-stderr.txt");
  for (const cut of [cutEnd, cutMiddle])
    for (const text of ["無法連接資料庫/錯誤/記錄", "a👩‍👩‍👧b/éé/x", "plain/path/name.txt"])
      for (let columns = 0; columns < 30; columns++)
        expect(Bun.stringWidth(cut(text, columns))).toBeLessThanOrEqual(columns);
});

const failures = {
  columns: ["run_id", "step_num", "step_name", "exit_code", "duration_ms", "stderr_path", "status"],
  rows: [
    [
      "2026-01-02T11:00:00Z-pid-1-0123456789abcdef",
      2,
      "check totals",
      3,
      1234,
      ".logs/2026-01-02/step-02-stderr.txt",
      "failed",
    ],
    [
      "2026-01-02T11:00:00Z-pid-1-0123456789abcdef",
      10,
      "migrate",
      null,
      null,
      ".logs/2026-01-02/step-10-stderr.txt",
      "interrupted",
    ],
  ] as (string | number | null)[][],
};

test("a table has no ids, human figures, and what is empty is left out", () => {
  expect(terminalTable(failures, plain(100))).toBe(
    [
      "step  name          exit   took  stderr                               status",
      "  02  check totals     3  1.23s  .logs/2026-01-02/step-02-stderr.txt  failed",
      "  10  migrate                    .logs/2026-01-02/step-10-stderr.txt  interrupted",
      "",
    ].join("\n"),
  );
  expect(terminalTable({ columns: ["step_num", "exit_code"], rows: [[1, null]] }, plain(80))).toBe("step\n  01\n");
});

test("it is never wider than the terminal", () => {
  for (const columns of [60, 72, 80, 100, 120]) {
    for (const line of terminalTable(failures, plain(columns)).split("\n"))
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
  }
});

test("a failure is red, and a pass is calm", () => {
  const table = terminalTable(
    {
      columns: ["step_name", "status"],
      rows: [
        ["a", "passed"],
        ["b", "failed"],
      ],
    },
    { ...plain(80), colours: true },
  );
  expect(table.split("\n").slice(1, 3)).toEqual(["a     passed", "\x1b[31mb\x1b[0m     \x1b[31mfailed\x1b[0m"]);
});

test("nothing in a cell is obeyed by the terminal", () => {
  const table = terminalTable({ columns: ["step_name"], rows: [["a\x1b[2Jb\nc\u202ed"]] }, plain(80));
  expect(table).toBe("name\na\\x1b[2Jb\\nc\\u202ed\n");
  const figures = terminalTable({ columns: ["step_num", "exit_code"], rows: [["\x1b[2J", "\x9b2J"]] }, plain(80));
  expect(figures).not.toMatch(/[\x1b\x9b]/);
});

test("one row of many columns becomes lines", () => {
  const row = {
    columns: ["run_id", "suite", "total_steps", "duration_ms", "status"],
    rows: [["x", "orders", 3, 65_000, "failed"]],
  };
  expect(terminalLines(row, plain(80))).toBe("suite   orders\nsteps   3\ntook    1m05s\nstatus  failed\n");
});

test("a column that differs nowhere from the usual is left out, and so is the least wanted if it does not fit", () => {
  const steps = {
    columns: ["step_num", "step_name", "status", "attempts", "flaky", "user_ms", "sys_ms", "stderr_path"],
    rows: [[1, "a step with a long name", "passed", 1, false, 10, 10, ".logs/2026/step-01-stderr.txt"]],
  };
  const heads = (columns: number) => terminalTable(steps, plain(columns)).split("\n")[0]!.trim().split(/ +/);
  expect(heads(100)).toEqual(["step", "name", "status", "user", "sys", "stderr"]);
  expect(heads(44)).toEqual(["step", "name", "status", "stderr"]);
  expect(heads(30)).toEqual(["step", "name", "status"]);
  const retried = { ...steps, rows: [[1, "x", "passed", 2, true, 10, 10, ""]] };
  expect(terminalTable(retried, plain(100))).toContain("attempts  flaky");
});
