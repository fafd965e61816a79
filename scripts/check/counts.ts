export interface TestCounts {
  passed: number;
  failed: number;
}

/**
 * What the summary at the end of `bun test`'s output says, or undefined when there is none: the run died before it came
 * so far. Its "fail" counts errors between tests as well ("1 error" says how many of them); a skipped test is neither.
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
  return { passed: count("pass"), failed: count("fail") };
}

export function addCounts(total: TestCounts, more: TestCounts): void {
  total.passed += more.passed;
  total.failed += more.failed;
}
