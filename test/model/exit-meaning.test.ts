import { expect, test } from "bun:test";
import { meaningOf } from "../../src/model/exit-meaning.ts";

const meaning = (code: number | null, tags: Record<string, string> = {}, reason: string | null = null) =>
  meaningOf({ code, reason, running: false, tags: new Map(Object.entries(tags)) });

test.each([
  [127, {}, "not found"],
  [126, {}, "cannot be run"],
  [125, {}, "before the command ran"],
  [124, {}, "timeout"],
  [2, {}, "wrong usage"],
  [137, {}, "128 + 9: SIGKILL killed something inside it: out of memory"],
  [139, {}, "SIGSEGV"],
  [143, {}, "SIGTERM"],
  [130, {}, "Ctrl-C"],
  [134, {}, "assertion"],
  [141, {}, "SIGPIPE"],
  [255, {}, "ssh"],
  [137, { "exit.signal": "SIGKILL" }, "SIGKILL killed it: out of memory"],
  [162, { "exit.signal": "SIG34" }, "SIG34 killed it"],
  [127, { "exit.error": "nosuch: not found in PATH" }, "could not be started: nosuch: not found in PATH"],
])("exit %d with %o means: %s", (code, tags, words) => {
  expect(meaning(code, tags as Record<string, string>)).toContain(words);
});

test.each([1, 3, 42])("exit %d has no meaning of its own", (code) => {
  expect(meaning(code)).toBeNull();
});

test("a skipped step says why it was, if it said so", () => {
  expect(meaning(77, { "skip.reason": "no docker" }, "skipped")).toBe("it was skipped: no docker");
  expect(meaning(77, {}, "skipped")).toBe("it was skipped: it gave no reason");
});

test("why the recorder ended a step comes before what its code would mean", () => {
  expect(meaning(124, { timeout_ms: "1500", "exit.signal": "SIGTERM" }, "timeout")).toBe(
    "--timeout ended it after 1.5 s",
  );
  expect(meaning(143, { "exit.signal": "SIGTERM" }, "interrupted")).toContain("interrupted by SIGTERM");
  expect(meaning(1, {}, "leak")).toContain("left a process behind");
});

test("a step without an end says what became of it", () => {
  expect(meaning(null)).toContain("run end closes it");
  expect(meaningOf({ code: null, reason: null, running: true, tags: new Map() })).toBe("it is still running");
});
