import { screenLine } from "../model/screen-line.ts";
import type { RunDocument } from "../report/document/run-document.ts";
import { failureMessage, ownFrame, placeText } from "./failure-text.ts";
import { logText } from "./log-text.ts";

const LOG_CHARACTERS = 4 << 10;

/** A run as TAP version 14 (https://testanything.org/tap-version-14-specification.html): a test point a step. */
export function tap({ steps }: RunDocument): string {
  const lines = ["TAP version 14", `1..${steps.length}`];
  for (const [i, step] of steps.entries()) {
    const ok = step.status === "passed" || step.status === "skipped" || step.status === "not run";
    const directive =
      step.status === "skipped"
        ? ` # SKIP ${escaped(step.reason ?? "")}`
        : step.status === "not run"
          ? " # SKIP not run"
          : "";
    lines.push(`${ok ? "ok" : "not ok"} ${i + 1} - ${escaped(step.step_name)}${directive}`.trimEnd());
    if (ok) continue;
    const place = step.failed_at && ownFrame(step.failed_at);
    lines.push(
      "  ---",
      `  message: ${JSON.stringify(failureMessage(step))}`,
      ...(place && place.file !== null ? [`  at: ${JSON.stringify(placeText(place))}`] : []),
      ...(step.exit_code === null ? [] : [`  exit: ${step.exit_code}`]),
      ...(step.duration_ms === null ? [] : [`  duration_ms: ${step.duration_ms}`]),
      ...block("stderr", logText(step.stderr, LOG_CHARACTERS)),
      "  ...",
    );
  }
  return `${lines.join("\n")}\n`;
}

/** A description is one line, in which `#` begins a directive. */
function escaped(text: string): string {
  return screenLine(text.replaceAll("\n", " ")).replaceAll("\\", "\\\\").replaceAll("#", "\\#");
}

/** A YAML literal block; control characters would not be read. */
function block(name: string, text: string): string[] {
  if (text === "") return [];
  return [`  ${name}: |2`, ...text.split("\n").map((line) => `      ${screenLine(line)}`.trimEnd())];
}
