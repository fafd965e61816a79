import { expect, test } from "bun:test";
import { logFileName, newRunId, stepIdOf } from "../../src/model/ids.ts";

test("a run id is its start, the process and 16 hexadecimal digits", () => {
  expect(newRunId("2023-11-14T22:13:20.000000000Z", 42, () => "00ff00ff00ff00ff")).toBe(
    "2023-11-14T22:13:20.000000000Z-pid-42-00ff00ff00ff00ff",
  );
  const ids = Array.from({ length: 1000 }, () => newRunId("t", 1));
  for (const id of ids) expect(id).toMatch(/^t-pid-1-[0-9a-f]{16}$/);
  expect(new Set(ids).size).toBe(1000);
});

test("step numbers have at least two digits in ids and file names", () => {
  expect([0, 7, 10, 123].map((num) => stepIdOf("r", num))).toEqual([
    ...["r-step-00", "r-step-07", "r-step-10", "r-step-123"],
  ]);
  expect(logFileName(3, "stdout")).toBe("step-03-stdout.txt");
  expect(logFileName(1000, "stderr")).toBe("step-1000-stderr.txt");
});
