import { expect, test } from "bun:test";
import { type StepTotals, statusOfRun } from "../../src/model/run-status.ts";

const NONE: StepTotals = {
  ...{ total: 0, passed: 0, failed: 0, interrupted: 0, skipped: 0, notRun: 0 },
  ...{ unfinished: 0, flaky: 0 },
};

test.each<[code: number | null, steps: Partial<StepTotals>, status: string]>([
  [0, {}, "passed"],
  [0, { total: 2, passed: 2 }, "passed"],
  [0, { total: 2, passed: 1, skipped: 1 }, "passed"],
  [0, { total: 2, skipped: 2 }, "skipped"],
  [0, { total: 2, skipped: 1, notRun: 1 }, "passed"],
  [0, { total: 2, passed: 1, failed: 1 }, "failed"],
  [0, { total: 2, passed: 1, interrupted: 1 }, "failed"],
  [7, { total: 2, passed: 2 }, "failed"],
  [7, { total: 2, passed: 1, interrupted: 1 }, "interrupted"],
  [137, { total: 2, passed: 1, unfinished: 1 }, "interrupted"],
  [130, { total: 2, passed: 2 }, "interrupted"],
  [143, { total: 2, failed: 1, interrupted: 1 }, "failed"],
  [139, { total: 1, passed: 1 }, "failed"],
  [124, { total: 2, passed: 1, notRun: 1 }, "failed"],
  [null, { total: 1, passed: 1 }, "interrupted"],
])("a run that ended with %p and has %o is %s", (code, steps, status) => {
  const end = { completed_at: code === null ? null : "2024-01-01T00:00:00Z", exit_code: code, reason: undefined };
  expect(statusOfRun(end, { ...NONE, ...steps }, 0)).toBe(status as never);
});

test("a run that left steps out is partial, unless it failed or only skipped", () => {
  const end = { completed_at: "2024-01-01T00:00:00Z", reason: undefined, isPartial: true };
  expect(statusOfRun({ ...end, exit_code: 0 }, { ...NONE, total: 1, passed: 1 }, 0)).toBe("partial");
  expect(statusOfRun({ ...end, exit_code: 0 }, { ...NONE, total: 1, failed: 1 }, 0)).toBe("failed");
  expect(statusOfRun({ ...end, exit_code: 3 }, { ...NONE, total: 1, failed: 1 }, 0)).toBe("failed");
  expect(statusOfRun({ ...end, exit_code: 0 }, { ...NONE, total: 1, skipped: 1 }, 0)).toBe("skipped");
});

test("what the run says of itself comes before its steps, and a step that is recorded before both", () => {
  const ended = { completed_at: "2024-01-01T00:00:00Z", exit_code: 143, reason: "interrupted" };
  expect(statusOfRun(ended, { ...NONE, total: 1, failed: 1 }, 0)).toBe("interrupted");
  const open = { completed_at: null, exit_code: null, reason: undefined };
  expect(statusOfRun(open, { ...NONE, total: 1, unfinished: 1 }, 1)).toBe("running");
});
