import { expect } from "bun:test";
import type { Result } from "./program.ts";

const WARNING = "[scenariolog] warning: ";

/**
 * The text of the one warning of an `exec`, without the step's id. Expects the usual lines for harnesses before it, no second
 * warning, and nothing that looks like a stack trace.
 */
export function onlyWarning({ stderr }: Pick<Result, "stderr">): string {
  expect(stderr).toMatch(/^\[scenariolog\] step=\S+ exit=\d+ /m);
  expectNoTrace(stderr);
  const warnings = stderr.split("\n").filter((line) => line.startsWith(WARNING));
  expect(warnings).toHaveLength(1);
  return warnings[0]!.slice(WARNING.length).replace(/^step \S+ is not wholly recorded: /, "");
}

/** Expects the lines of a step that was recorded in full. */
export function expectNoWarning({ stderr }: Pick<Result, "stderr">): void {
  expect(stderr).toMatch(/^\[scenariolog\] step=\S+ exit=\d+ /m);
  expect(stderr).not.toContain("warning");
  expectNoTrace(stderr);
}

function expectNoTrace(stderr: string): void {
  expect(stderr).not.toMatch(/^\s+at .*[:(]\d+|defect|\$bunfs|\.ts:\d|uncaught/im);
}
