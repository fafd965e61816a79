import { readFile } from "node:fs/promises";

export interface TestReport {
  /** The files that ran a test or skipped one. */
  files: Set<string>;
  /** `file: group > title`, of tests still to be written (`test.todo`) as well. */
  skipped: string[];
}

/** An element of the report as `Bun.XML.parse` gives it: one child is an object, several are an array. */
interface Element {
  "@name": string;
  "@file": string;
  testsuite?: Element | Element[];
  testcase?: TestCase | TestCase[];
}

interface TestCase {
  "@name": string;
  skipped?: unknown;
}

/** Reads the JUnit report of `bun test`; a run that died leaves none, which is an empty report. */
export async function readReport(file: string): Promise<TestReport> {
  const report: TestReport = { files: new Set(), skipped: [] };
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return report;
  const { testsuites } = Bun.XML.parse(text) as unknown as { testsuites: Pick<Element, "testsuite"> };
  for (const suite of listOf(testsuites.testsuite)) {
    report.files.add(suite["@file"].replaceAll("\\", "/"));
    addSkipped(report, suite, []);
  }
  return report;
}

function addSkipped(report: TestReport, suite: Element, groups: readonly string[]): void {
  for (const test of listOf(suite.testcase)) {
    if (test.skipped === undefined) continue;
    report.skipped.push(`${suite["@file"]}: ${[...groups, test["@name"]].join(" > ")}`);
  }
  for (const group of listOf(suite.testsuite)) addSkipped(report, group, [...groups, group["@name"]]);
}

function listOf<T>(children: T | T[] | undefined): T[] {
  return children === undefined ? [] : Array.isArray(children) ? children : [children];
}
