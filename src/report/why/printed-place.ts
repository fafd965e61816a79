import path from "node:path";
import { storedPath } from "../../files/paths.ts";
import type { LogEnd, ReadableFiles } from "../../files/readable-files.ts";
import type { Stream } from "../../model/ids.ts";
import type { FailedAt, Frame } from "./failed-at.ts";
import { around, inlineScript, shown } from "./failed-at.ts";
import type { FailedStep } from "./failed-steps.ts";
import type { PrintedFailure, PrintedFrame, PrintedKind } from "./printed/failure.ts";
import { isLibraryFile, printedFailures } from "./printed/printed-failures.ts";
import type { ReadableLogs } from "./readable-logs.ts";
import { relevantPart } from "./relevant-part.ts";

/** A failure that one of the logs describes. */
export interface LoggedFailure extends PrintedFailure {
  readonly stream: Stream;
  readonly log: LogEnd;
}

/** Of a longer line no more is read as a diagnostic. */
const DIAGNOSTIC_LENGTH = 2000;

/** What runtimes call the code outside any function. */
const TOP_LEVEL = /^(?:(?:Object\.)?<[\w ()]+>|main::|require)$/;

/** A recursive make may go to thousands. */
const MOST_DIRECTORIES = 50;

/** A test's verdict comes first, whichever stream has it; what only repeats that something failed comes last. */
const RANK: Readonly<Record<PrintedKind, number>> = { test: 0, stack: 1, compiler: 1, shell: 1, tool: 2 };

/** The failures that both logs describe, the likeliest cause of the step's end first. */
export function loggedFailures({ stderr, stdout }: ReadableLogs): LoggedFailure[] {
  const found = (
    [
      ["stderr", stderr],
      ["stdout", stdout],
    ] as const
  ).flatMap(([stream, log]) =>
    printedFailures(log.lines.map((line) => relevantPart(line, DIAGNOSTIC_LENGTH))).map((failure) => ({
      ...failure,
      stream,
      log,
    })),
  );
  return found.sort((a, b) => RANK[a.kind] - RANK[b.kind]);
}

/**
 * The place that the output names: the first that is a file of the run; else one that may not be read; else one that a stack
 * or a test runner names, though the file is nowhere to be found. Null if there is none.
 */
export function printedPlace(
  files: ReadableFiles,
  failed: FailedStep,
  rootDir: string,
  logs: ReadableLogs,
  failures: readonly LoggedFailure[],
): FailedAt | null {
  const places = failures.flatMap((failure) => placeOf(files, failed, rootDir, logs, failure) ?? []);
  return (
    places.find(({ isFound }) => isFound)?.place ??
    places.find(({ place }) => place.problem !== undefined)?.place ??
    places.find(({ kind }) => kind === "stack" || kind === "test")?.place ??
    null
  );
}

interface Candidate {
  readonly kind: PrintedKind;
  readonly place: FailedAt;
  /** Its lines can be shown. */
  readonly isFound: boolean;
}

/** The innermost frame in the user's own files, and as callers those outside it. */
function placeOf(
  files: ReadableFiles,
  failed: FailedStep,
  rootDir: string,
  logs: ReadableLogs,
  failure: LoggedFailure,
): Candidate | null {
  const dirs = directories(failed, logs);
  const frames = failure.frames.flatMap((frame): (Frame & Pick<FailedAt, "changed_since" | "problem">)[] => {
    const scope = TOP_LEVEL.test(frame.function ?? "") ? null : frame.function;
    const inline = inlineLines(failed, frame);
    if (inline !== null) {
      const source = around(inline, frame.line, null);
      return source.length === 0
        ? []
        : [{ ...frame, function: scope, file: null, command: null, source, changed_since: false }];
    }
    if (isLibraryFile(storedPath(rootDir, path.resolve(rootDir, frame.file)))) return [];
    const resolved = resolve(files, dirs, frame, failed.step.completed_at);
    return [
      {
        ...frame,
        function: scope,
        ...resolved,
        file: storedPath(rootDir, path.resolve(rootDir, resolved.file)),
        command: null,
      },
    ];
  });
  const [innermost, ...callers] = frames;
  if (innermost === undefined) return null;
  const place = {
    ...{ file: innermost.file, line: innermost.line, function: innermost.function, command: null },
    ...{ from: "output" as const, guard: null },
    callers: callers.map(({ file, line, function: scope, source }, i): Frame => {
      const isOutermost = i === callers.length - 1;
      return { file, line, function: scope, command: null, source: isOutermost ? source : [] };
    }),
    ...{ source: innermost.source, changed_since: innermost.changed_since },
    ...(innermost.problem === undefined ? {} : { problem: innermost.problem }),
  };
  return { kind: failure.kind, place, isFound: innermost.source.length > 0 };
}

/** `sh: 1:` of `sh -c`, Python's `<string>`, node's `[eval]`, Perl's `-e`: null if the frame is in a file. */
function inlineLines(failed: FailedStep, { file }: PrintedFrame): readonly string[] | null {
  const [program] = failed.argv ?? [];
  const names = ["<string>", "[eval]", "[eval]-wrapper", "-e", "-c", program, program && path.basename(program)];
  return names.includes(file) ? inlineScript(failed) : null;
}

/**
 * Where a relative name may lie: where make went, where the step ran, the root, and where its script and programs are. make
 * says on stdout where it goes, and a compiler's error is on stderr: of several directories the last one comes first.
 */
function directories({ step, tags, argv }: FailedStep, { stderr, stdout }: ReadableLogs): string[] {
  const workDir = tags.get("cmd.work_dir") ?? "";
  const made = [...stdout.lines, ...stderr.lines].flatMap((line) => {
    const entered = /^\S*make(?:\[\d+\])?: Entering directory [`'](.+)'/.exec(line.slice(0, DIAGNOSTIC_LENGTH));
    return entered ? [entered[1]!] : [];
  });
  const scripts = [step.script_path ?? "", ...(argv ?? [])].filter((word) => word.includes("/") && !/\s/.test(word));
  return [
    ...new Set([
      ...made.reverse(),
      workDir,
      "",
      ...scripts.map((file) => path.join(path.isAbsolute(file) ? "" : workDir, path.dirname(file))),
    ]),
  ].slice(0, MOST_DIRECTORIES);
}

function resolve(
  files: ReadableFiles,
  dirs: readonly string[],
  { file, line }: PrintedFrame,
  completedAt: string | null,
): Pick<FailedAt, "source" | "changed_since" | "problem"> & { readonly file: string } {
  const names = path.isAbsolute(file) ? [file] : dirs.map((dir) => path.join(dir, file));
  const found = names.map((name) => ({ file: name, ...shown(files, name, line, null, completedAt) }));
  return (
    found.find(({ source }) => source.length > 0) ??
    found.find(({ problem }) => problem !== undefined) ?? { file, source: [], changed_since: false }
  );
}
