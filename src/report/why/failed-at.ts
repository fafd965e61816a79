import path from "node:path";
import { isNewer, type ReadableFiles } from "../../files/readable-files.ts";
import { placeInTags, type TracedFrame } from "../failed-place.ts";
import type { FailedStep } from "./failed-steps.ts";

export interface ShownLine {
  readonly num: number;
  readonly text: string;
}

/** A line of a script or program, with lines around it as far as they may be shown. */
export interface Frame extends TracedFrame {
  /** Empty if the file cannot be read, and for callers that are neither the outermost nor the place itself. */
  readonly source: readonly ShownLine[];
}

/** The place that failed. If a helper failed that the step's script called, it is the helper's line. */
export interface FailedAt extends Frame {
  /** Who says so: the trace of the step, or what it printed. */
  readonly from: "trace" | "output";
  /** The condition that led to an `exit` or `return`. */
  readonly guard: { readonly line: number; readonly text: string } | null;
  /** What called it, innermost first: the last one is a line of the step's own script. */
  readonly callers: readonly Frame[];
  /** The file was written after the step had ended. */
  readonly changed_since: boolean;
  /** Why its lines may not be shown though it is there: the end of a sentence that begins with the file. Absent if they may. */
  readonly problem?: string;
}

/** Lines above and below the line that failed. */
const AROUND = 1;
/** From a guard's condition to its exit there may be more: then the first and the last of them are shown. */
const MOST_LINES = 14;

/** What the step's trace says; null if it was not traced. */
export function tracedPlace(files: ReadableFiles, failed: FailedStep, rootDir: string): FailedAt | null {
  const { source, step, tags } = failed;
  if (source === null) return null;
  const { guard, callers } = placeInTags(tags);
  const name = source.file && source.cwd ? path.resolve(rootDir, source.cwd, source.file) : source.file;
  const inline = inlineScript(failed);
  const place = {
    ...{ file: source.file || null, line: source.line, function: source.function, command: source.text },
    ...{ from: "trace" as const, guard, callers: callers.map((frame) => ({ ...frame, source: [] as ShownLine[] })) },
  };
  const outermost = callers.at(-1);
  if (outermost !== undefined) {
    const own = outermost.file === null ? inline : sourceLines(files, outermost.file);
    place.callers.at(-1)!.source = around(own, outermost.line, null);
  }
  if (!name) return { ...place, source: around(inline, source.line, guard?.line ?? null), changed_since: false };
  return { ...place, ...shown(files, name, source.line, guard?.line ?? null, step.completed_at) };
}

/** The lines of a file around one of them, and what there is to say about the file. */
export function shown(
  files: ReadableFiles,
  file: string,
  line: number | null,
  from: number | null,
  completedAt: string | null,
): Pick<FailedAt, "source" | "changed_since" | "problem"> {
  const read = files.source(file);
  if (typeof read === "string") return { source: [], changed_since: false, problem: read };
  const source = around(read?.lines ?? null, line, from);
  return { source, changed_since: read !== null && source.length > 0 && isNewer(read, completedAt) };
}

/** Lines around `line`, beginning at `from` if that is above; none if there is no such line. */
export function around(lines: readonly string[] | null, line: number | null, from: number | null): ShownLine[] {
  if (lines === null || line === null || line < 1 || line > lines.length) return [];
  const first = Math.max(1, Math.min(from ?? line, line - AROUND));
  const last = Math.min(lines.length, line + AROUND);
  const shown = lines.slice(first - 1, last).map((text, i) => ({ num: first + i, text }));
  if (shown.length <= MOST_LINES) return shown;
  return [...shown.slice(0, 3), ...shown.slice(3 - MOST_LINES)];
}

/** The lines of `bash -c SCRIPT` and its like; null if the step is no such thing. */
export function inlineScript({ argv }: FailedStep): readonly string[] | null {
  const at = argv?.findIndex((word) => /^-[a-z]*[ce]$/.test(word)) ?? -1;
  const script = at > 0 ? argv![at + 1] : undefined;
  return script === undefined ? null : script.split("\n");
}

function sourceLines(files: ReadableFiles, file: string): readonly string[] | null {
  const read = files.source(file);
  return read === null || typeof read === "string" ? null : read.lines;
}
