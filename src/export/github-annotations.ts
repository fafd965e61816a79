import { screenLine } from "../model/screen-line.ts";
import { isFailure } from "../model/step.ts";
import { stepTitle } from "../model/step-title.ts";
import type { DocumentStep, RunDocument } from "../report/document/run-document.ts";
import { failureMessage, ownFrame } from "./failure-text.ts";

export interface AnnotationOptions {
  /** A file as the repository has it; null if it lies outside, or is not there. */
  readonly fileOf: (path: string) => string | null;
}

/** GitHub shows ten errors a step and drops the others: the tenth says how many there are. */
const MOST_ERRORS = 9;
const MOST_WARNINGS = 9;
/** GitHub cuts a message there. */
const MESSAGE_CHARACTERS = 4000;

/**
 * Workflow commands that annotate a pull request: an error for each failed step at its file and line, a warning for each flaky
 * or leaking one, and a notice with the totals. Escaped as the runner's parser reads them
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 */
export function githubAnnotations({ run, steps }: RunDocument, options: AnnotationOptions): string {
  const failed = steps.filter(({ status }) => isFailure(status));
  const shown = failed.length > MOST_ERRORS + 1 ? failed.slice(0, MOST_ERRORS) : failed;
  const rest = failed.length - shown.length;
  const warnings = steps.flatMap(warningOf).slice(0, MOST_WARNINGS);
  return [
    ...shown.map((step) => errorOf(step, options)),
    ...(rest > 0
      ? [command("error", { title: "more failed steps" }, `${rest} more steps failed; see the summary`)]
      : []),
    ...warnings,
    command("notice", { title: run.suite ?? "scenariolog" }, run.summary),
  ].join("");
}

function errorOf(step: DocumentStep, { fileOf }: AnnotationOptions): string {
  const place = step.failed_at && ownFrame(step.failed_at);
  const file = fileOf(place?.file ?? step.script_path ?? "");
  const where: Record<string, string> = file ? { file, line: String(place?.line ?? 1) } : {};
  return command("error", { ...where, title: stepTitle(step.step_num, step.step_name) }, failureMessage(step));
}

function warningOf(step: DocumentStep): string[] {
  const said = [
    ...(step.flaky ? [`it passed at attempt ${step.attempts.length} only`] : []),
    ...(step.tags.leaked === "true" ? ["it left a process behind that holds its output open"] : []),
  ];
  return said.length === 0
    ? []
    : [command("warning", { title: stepTitle(step.step_num, step.step_name) }, said.join("; "))];
}

function command(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${property(seen(value))}`);
  return `::${name} ${list.join(",")}::${data(seen(message).slice(0, MESSAGE_CHARACTERS))}\n`;
}

function seen(text: string): string {
  return text.split("\n").map(screenLine).join("\n");
}

/** `%` first: the others make some. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
