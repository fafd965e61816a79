export interface TestCounts {
  passed: number;
  /** Errors between tests and crashed workers included. */
  failed: number;
  skipped: number;
}

/**
 * Reads the summary at the end of `bun test`'s output. Returns undefined if there is none, because the run died before
 * its end. A test that is still to be written (`test.todo`) counts as skipped.
 */
export function readTestCounts(output: string): TestCounts | undefined {
  const plain = Bun.stripANSI(output);
  const ran = plain.lastIndexOf("\nRan ");
  if (ran === -1) return undefined;
  const summary = plain.slice(0, ran).split("\n").slice(-12);
  const count = (word: string) => {
    const line = summary.findLast((one) => new RegExp(`^\\s*\\d+ ${word}$`).test(one));
    return line === undefined ? 0 : Number.parseInt(line, 10);
  };
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
}

export function addCounts(total: TestCounts, more: TestCounts): void {
  total.passed += more.passed;
  total.failed += more.failed;
  total.skipped += more.skipped;
}

/** `12 passed, 0 failed`, followed by `, 3 skipped` if any were. */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}
