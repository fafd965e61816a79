import { type Dialect, frameOf, matchLine, type PrintedFailure, type PrintedFrame } from "./failure.ts";

/** Stack traces of language runtimes. */
export const stacks: Dialect = (lines) => [
  ...python(lines),
  ...javascript(lines),
  ...ruby(lines),
  ...perl(lines),
  ...go(lines),
  ...rust(lines),
  ...php(lines),
];

const PYTHON_FRAME = /^\s*File "(.+?)", line (\d+)(?:, in (.+))?$/;

/** The innermost frame comes last; the exception follows, no deeper than the word Traceback. */
function python(lines: readonly string[]): PrintedFailure[] {
  const found: PrintedFailure[] = [];
  for (let at = 0; at < lines.length; at++) {
    const head = matchLine(
      /^(\s*(?:[|+]\s*)*)(?:Traceback \(most recent call last\):|File ".+?", line \d+$)/,
      lines[at],
    );
    if (!head) continue;
    const indent = head[0].startsWith(`${head[1]}Traceback`) ? head[1]!.length : Math.max(0, head[1]!.length - 2);
    const frames: PrintedFrame[] = [];
    let end = indent === head[1]!.length && head[0].includes("Traceback") ? at + 1 : at;
    for (; end < lines.length; end++) {
      const frame = matchLine(PYTHON_FRAME, lines[end]);
      if (frame) frames.unshift(frameOf(frame[1]!, frame[2]!, frame[3]));
      else if (lines[end]!.trim() !== "" && lines[end]!.search(/\S/) <= indent) break;
    }
    if (frames.length > 0) {
      const isTest = lines.slice(Math.max(0, at - 3), at).some((line) => /^(?:FAIL|ERROR): /.test(line));
      const message = lines[end]?.trim() || null;
      found.push({ kind: isTest ? "test" : "stack", index: Math.min(end, lines.length - 1), message, frames });
    }
    at = end;
  }
  // "During handling of …" and "direct cause of …" chain exceptions: the last one of a chain ended the program.
  return found.filter(
    ({ index, kind }) => kind === "test" || !/^(?:During handling|The above exception)/.test(lines[index + 2] ?? ""),
  );
}

const JS_FRAME = /^\s+at (?:async )?(?:(?:new )?([^()]+?) \()?((?:file:\/\/)?[^()\s]+?):(\d+)(?::\d+)?\)?(?: \{)?$/;

/** Node, Bun, Deno and Java: frames below the error, innermost first. */
function javascript(lines: readonly string[]): PrintedFailure[] {
  const found: PrintedFailure[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!matchLine(JS_FRAME, lines[at])) continue;
    const frames: PrintedFrame[] = [];
    let end = at;
    for (; end < lines.length; end++) {
      const java = matchLine(/^\s+at [\w.$/]+\.([\w$<>]+)\(([\w$]+\.\w+):(\d+)\)$/, lines[end]);
      const frame = java ? null : matchLine(JS_FRAME, lines[end]);
      if (java) frames.push(frameOf(java[2]!, java[3]!, java[1]));
      else if (frame) frames.push(frameOf(frame[2]!, frame[3]!, frame[1]));
      else if (!matchLine(/^\s+at /, lines[end])) break;
    }
    const head = headAbove(lines, at);
    found.push({ kind: "stack", index: head, message: lines[head]!.trim() || null, frames });
    at = end;
  }
  return found;
}

/** The line that names the error: the nearest above that does, as an assertion's message may take several lines. */
function headAbove(lines: readonly string[], at: number): number {
  for (let above = at - 1; above >= Math.max(0, at - 20); above--) {
    if (/^(?:Uncaught |Caused by: |error: )?(?:[\w$.]*(?:Error|Exception|Failure)\b|error:)/.test(lines[above]!.trim()))
      return above;
  }
  return Math.max(0, at - 1);
}

function ruby(lines: readonly string[]): PrintedFailure[] {
  const head = /^(?:\S*ruby\S*: )?(\S.*?):(\d+):in [`'](.+?)': (.+)$/;
  return lines.flatMap((line, index): PrintedFailure[] => {
    const match = matchLine(head, line);
    if (!match) return [];
    const frames = [frameOf(match[1]!, match[2]!, match[3])];
    for (let at = index + 1; at < lines.length; at++) {
      const from = matchLine(/^\s+(?:\d+: )?from (.+?):(\d+)(?::in [`'](.+?)')?/, lines[at]);
      if (!from) break;
      frames.push(frameOf(from[1]!, from[2]!, from[3]));
    }
    return [{ kind: "stack", index, message: match[4]!, frames }];
  });
}

function perl(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    // Test::More's comments are a test's, and Carp's callers belong to the line above them.
    const match = matchLine(
      /^(?!#|\s)(.*?) ?\bat (\S+) line (\d+)(?:, (?:<\w*> (?:line|chunk) \d+|near .*))?\.?$/,
      line,
    );
    if (!match) return [];
    const frames = [frameOf(match[2]!, match[3]!)];
    for (let at = index + 1; at < lines.length; at++) {
      const caller = matchLine(/^\s+(\S+?)\(.*\) called at (\S+) line (\d+)/, lines[at]);
      if (!caller) break;
      frames.push(frameOf(caller[2]!, caller[3]!, caller[1]));
    }
    return [{ kind: "stack", index, message: match[1]! || null, frames }];
  });
}

function go(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const head = matchLine(/^(?:panic|fatal error): (.+)$/, line);
    if (!head) return [];
    const frames: PrintedFrame[] = [];
    for (let at = index + 1; at < Math.min(lines.length, index + 80); at++) {
      const frame = matchLine(/^\t(\S+\.go):(\d+)(?: \+0x[0-9a-f]+)?$/, lines[at]);
      if (frame) frames.push(frameOf(frame[1]!, frame[2]!, /^(\S+?)\(/.exec(lines[at - 1]!)?.[1]));
      if (frames.length > 0 && lines[at] === "") break;
    }
    return frames.length === 0 ? [] : [{ kind: "stack", index, message: head[1]!, frames }];
  });
}

function rust(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const match = matchLine(/^thread '.*?'(?: \(\d+\))? panicked at (?:'(.*)', )?(\S+?):(\d+):\d+:?$/, line);
    if (!match) return [];
    const message = match[1] ?? lines[index + 1]?.trim() ?? null;
    return [{ kind: "stack", index, message, frames: [frameOf(match[2]!, match[3]!)] }];
  });
}

function php(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const match = matchLine(
      /^(?:PHP )?(?:Fatal|Parse|Recoverable fatal) error: +(.*?) in (\S+?)(?::| on line )(\d+)$/,
      line,
    );
    return match ? [{ kind: "stack", index, message: match[1]!, frames: [frameOf(match[2]!, match[3]!)] }] : [];
  });
}
