import { describe, expect, test } from "bun:test";
import { elapsedMs, formatTime, parseTime, systemClock } from "../../src/model/time.ts";

test("every time has a fraction of nine digits", () => {
  expect(formatTime(0)).toBe("1970-01-01T00:00:00.000000000Z");
  expect(formatTime(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123000000Z");
  expect(formatTime(1_700_000_000_999.75)).toBe("2023-11-14T22:13:20.999750000Z");
  expect(formatTime(-1)).toBe("1969-12-31T23:59:59.999000000Z");
});

describe("a stored time is read", () => {
  test.each([
    ["2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789n],
    ["2023-11-14T22:13:20.1Z", 1_700_000_000_100_000_000n],
    ["2023-11-14T22:13:20Z", 1_700_000_000_000_000_000n],
    ["2023-11-14T22:13:20.0000000019Z", 1_700_000_000_000_000_001n],
    ["2023-11-14T23:13:20+01:00", 1_700_000_000_000_000_000n],
    ["2023-11-14 22:13:20", 1_700_000_000_000_000_000n],
    ["2023-11-14t22:13:20z", 1_700_000_000_000_000_000n],
    ["2023-13-14T22:13:20Z", null],
    ["2023-11-14", null],
    ["2023-11-14T22:13:20.Z", null],
    ["", null],
    ["now", null],
    [null, null],
    [undefined, null],
  ] as [string | null | undefined, bigint | null][])("%p", (text, nanos) => {
    expect(parseTime(text)).toBe(nanos);
  });
});

test("elapsed time is in whole ms, and never negative", () => {
  expect(elapsedMs("2023-11-14T22:13:20Z", "2023-11-14T22:13:21.0019999Z")).toBe(1001);
  expect(elapsedMs("2023-11-14T22:13:20.9995Z", "2023-11-14T22:13:21.0004Z")).toBe(0);
  expect(elapsedMs("2023-11-14T22:13:20Z", "2023-11-14T22:13:19Z")).toBe(0);
  expect(elapsedMs("", "2023-11-14T22:13:19Z")).toBe(0);
  expect(elapsedMs("2023-11-14T22:13:19Z", "soon")).toBe(0);
});

test("the clock tells the time of day, and its durations do not go back", () => {
  const before = Date.now();
  const now = Number(parseTime(systemClock.now())! / 1_000_000n);
  expect(now).toBeWithin(before - 2, Date.now() + 3);
  const [first, second] = [systemClock.monotonicMs(), systemClock.monotonicMs()];
  expect(second).toBeGreaterThanOrEqual(first);
});
