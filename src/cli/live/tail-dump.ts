import path from "node:path";
import { tailOf } from "../../files/tail.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { visible } from "../../render/text.ts";
import { workingDirectory } from "../../sys/working-directory.ts";
import { harmless } from "../output/harmless.ts";
import type { Reader } from "../output/reader.ts";
import { settledLine } from "./redrawn-lines.ts";

const LINES = 50;
const MOST_BYTES = 65_536;

/**
 * The end of what a failed step printed: stderr, then stdout, each under a line that says where the rest is; "" if it
 * printed nothing. A log that does not exist is null. A line that was redrawn is shown as it stays.
 */
export function tailDump(
  title: string,
  files: { readonly stdoutFile: string | null; readonly stderrFile: string | null },
  reader: Reader,
  redactor?: Redactor,
): string {
  return [
    dump(title, "stderr", files.stderrFile, reader, redactor),
    dump(title, "stdout", files.stdoutFile, reader, redactor),
  ].join("");
}

function dump(title: string, stream: string, file: string | null, reader: Reader, redactor?: Redactor): string {
  const tail = file === null ? null : tailOf(file, LINES, MOST_BYTES);
  if (file === null || tail === null) return "";
  const where = tail.before > 0 ? `, the end of ${visible(nearName(file))}` : "";
  const lines = tail.text.split("\n").map(settledLine);
  redactor?.tail(lines);
  const text = harmless(lines.join("\n"), reader, "plain");
  // In Buildkite a line like this begins a group, which does no harm.
  return `--- ${harmless(`${title}: ${stream}${where}`, reader, "plain")}\n${text}${text.endsWith("\n") ? "" : "\n"}`;
}

/** A path as a person names it from the current directory. */
export function nearName(file: string): string {
  const directory = workingDirectory();
  if (directory === null) return file;
  const relative = path.relative(directory, file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}
