import { expect, test } from "bun:test";
import { failingPlaceOf } from "../../src/model/failing-place.ts";

const failed: [string, string][] = [
  ["failed.file", "checks/lib.sh"],
  ["failed.line", "3"],
  ["failed.command", "exit 1"],
];
const guard: [string, string][] = [
  ["failed.guard_line", "2"],
  ["failed.guard", 'if [ "$1" != "$2" ]; then'],
];
const caller: [string, string][] = [
  ["failed.caller_file", "checks/04-totals.sh"],
  ["failed.caller_line", "6"],
  ["failed.caller_command", "assert_eq 45 42"],
];

test("a person sees the outermost caller first, then the condition, then the failing command itself", () => {
  expect(failingPlaceOf(new Map([...failed, ...guard, ...caller]))).toEqual({
    file: "checks/04-totals.sh",
    line: 6,
    command: "assert_eq 45 42",
  });
  expect(failingPlaceOf(new Map([...failed, ...guard]))).toEqual({
    file: "checks/lib.sh",
    line: 2,
    command: 'if [ "$1" != "$2" ]; then',
  });
  expect(failingPlaceOf(new Map(failed))).toEqual({ file: "checks/lib.sh", line: 3, command: "exit 1" });
});

test("a step without a trace has no failing place, and a script that is not a file has no file", () => {
  expect(failingPlaceOf(new Map([["step.name", "totals"]]))).toBeNull();
  const inline = failingPlaceOf(new Map([...failed, ["failed.file", ""]]));
  expect(inline).toEqual({ file: null, line: 3, command: "exit 1" });
});
