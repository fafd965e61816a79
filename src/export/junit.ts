import { stepTitle } from "../model/step-title.ts";
import type { DocumentAttempt, DocumentStep, RunDocument } from "../report/document/run-document.ts";
import { failureMessage, failureType, ownFrame, placeLines } from "./failure-text.ts";
import { logText } from "./log-text.ts";
import { attributeText, elementText } from "./xml-text.ts";

export interface JunitOptions {
  /** Longer files are refused by readers: GitLab takes 30 MB. In bytes; the logs of steps give way first. */
  readonly maxBytes: number;
  /** A step's file as the reader knows it, relative to its project; null if it lies outside. */
  readonly fileOf: (path: string) => string | null;
}

/** What GitLab and most others take without complaint. */
export const JUNIT_MAX_BYTES = 25_000_000;
/** Of each stream of a failed step, in characters. */
const LOG_CHARACTERS = 64 << 10;
const LEAST_LOG_CHARACTERS = 1 << 10;

/**
 * A run in the JUnit format that CI systems read: one suite, a test case a step. A `failure` is a step that ended with its own
 * code, an `error` one that the system or the recorder ended. All that matters is in the element's text, since some readers
 * show nothing else. Attempts of a step that passed in the end are `flakyFailure`s, of one that did not `rerunFailure`s: never
 * a test case each, since readers keep only the first of a name.
 */
export function junit(document: RunDocument, options: JunitOptions): string {
  for (let room = LOG_CHARACTERS; ; room = Math.floor(room / 4)) {
    const text = rendered(document, options, room);
    if (Buffer.byteLength(text) <= options.maxBytes || room < LEAST_LOG_CHARACTERS) return text;
  }
}

function rendered(document: RunDocument, options: JunitOptions, room: number): string {
  const { run, steps } = document;
  const name = run.suite ?? "scenariolog";
  const failures = steps.filter((step) => kindOf(step) === "failure").length;
  const errors = steps.filter((step) => kindOf(step) === "error").length;
  const skipped = steps.filter((step) => kindOf(step) === "skipped").length;
  const counts = attributes({
    name,
    tests: steps.length,
    failures,
    errors,
    skipped,
    time: seconds(run.duration_ms),
    timestamp: run.started_at.slice(0, 19),
  });
  const properties = [
    ["scenariolog.run_id", run.run_id],
    ["scenariolog.status", run.status],
    ...Object.entries(run.tags).filter(([key]) => key.startsWith("git.") || key.startsWith("ci.")),
    ...(room < LOG_CHARACTERS ? [["scenariolog.logs_shortened_to", String(room)]] : []),
  ] as [string, string][];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts}>`,
    `<testsuite${counts}${attributes({ id: 0, hostname: run.tags["host.name"] ?? "localhost" })}>`,
    propertyLines(properties),
    ...steps.map((step) => testCase(step, name, options, room)),
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Null for a pass. */
function kindOf({ status, reason }: DocumentStep): "failure" | "error" | "skipped" | null {
  if (status === "passed") return null;
  if (status === "skipped" || status === "not run") return "skipped";
  return status === "failed" && reason !== "timeout" ? "failure" : "error";
}

function testCase(step: DocumentStep, suite: string, options: JunitOptions, room: number): string {
  const kind = kindOf(step);
  const place = step.failed_at && ownFrame(step.failed_at);
  const file = options.fileOf(place?.file ?? step.script_path ?? "");
  const open = `<testcase${attributes({
    // A dot would make a package of what stands before it.
    classname: suite.replaceAll(".", "-"),
    name: stepTitle(step.step_num, step.step_name),
    time: seconds(step.duration_ms),
    ...(file === null || file === "" ? {} : { file, line: place?.line ?? 1 }),
  })}>`;
  return [
    open,
    propertyLines([
      ...(step.step_id === null ? [] : [["scenariolog.step_id", step.step_id] as [string, string]]),
      ...(step.attempts.length > 1 ? [["scenariolog.attempts", String(step.attempts.length)] as [string, string]] : []),
    ]),
    verdictOf(step, kind, room),
    ...(kind === "failure" || kind === "error" ? outputOf(step, options, room) : []),
    "</testcase>",
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function verdictOf(step: DocumentStep, kind: ReturnType<typeof kindOf>, room: number): string {
  const earlier = step.attempts.slice(0, -1);
  if (kind === null) return earlier.map((attempt) => attemptElement("flakyFailure", attempt)).join("\n");
  if (kind === "skipped") {
    const message = step.reason ?? (step.status === "not run" ? "an earlier step ended the run" : step.status);
    return `<skipped${attributes({ message })}/>`;
  }
  const message = failureMessage(step);
  const body = [
    message,
    step.meaning ?? "",
    ...placeLines(step.failed_at),
    ...(step.since?.new_lines?.length ? ["", "New since it last passed:", ...step.since.new_lines] : []),
    section("stderr", logText(step.stderr, Math.floor(room / 2))),
    section("stdout", logText(step.stdout, Math.floor(room / 2))),
  ].filter((line) => line !== "");
  return [
    `<${kind}${attributes({ message, type: failureType(step) })}>${elementText(body.join("\n"))}</${kind}>`,
    ...earlier.map((attempt) => attemptElement("rerunFailure", attempt)),
  ].join("\n");
}

function attemptElement(name: "flakyFailure" | "rerunFailure", attempt: DocumentAttempt): string {
  const { attempt: number, exit_code: code, reason } = attempt;
  const message = `attempt ${number} ended with ${reason ?? `exit ${code}`}`;
  return `<${name}${attributes({ message, type: reason ?? `exit-${code}` })}>${elementText(message)}</${name}>`;
}

function outputOf(step: DocumentStep, options: JunitOptions, room: number): string[] {
  // GitLab shows an attachment from this mark: https://docs.gitlab.com/ci/testing/unit_test_reports/
  const log = [step.stderr, step.stdout].find((one) => one && one.problem === null && (one.size_bytes ?? 0) > 0);
  const attached = log && options.fileOf(log.path);
  const mark = attached ? `[[ATTACHMENT|${attached}]]\n` : "";
  return [
    ["system-out", mark + logText(step.stdout, room)],
    ["system-err", logText(step.stderr, room)],
  ].flatMap(([name, text]) => (text === "" ? [] : [`<${name}>${elementText(text!)}</${name}>`]));
}

function section(name: string, text: string): string {
  return text === "" ? "" : `\n--- ${name}\n${text}`;
}

function propertyLines(properties: readonly (readonly [string, string])[]): string {
  if (properties.length === 0) return "";
  return `<properties>\n${properties.map(([name, value]) => `<property${attributes({ name, value })}/>`).join("\n")}\n</properties>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${attributeText(String(value))}"`)
    .join("");
}

function seconds(ms: number | null): string {
  return ((ms ?? 0) / 1000).toFixed(3);
}
