import { type Dialect, frameOf, matchLine, type PrintedFailure, type PrintedFrame } from "./failure.ts";

/** Test runners that name the test which failed: TAP (bats, node:test, Test::More), bats' own display, go test, pytest, RSpec. */
export const tests: Dialect = (lines) => [...tap(lines), ...goTest(lines), ...pytest(lines), ...rspec(lines)];

/** A failing test point, or bats' cross; a TODO may fail, and a skipped one did not run. */
const NOT_OK = /^\s*not ok\b(?:\s+\d+)?(?:\s+-)?\s*(.*)$/;
const CROSS = /^\s*[✗✘✖]\s+(.+)$/;
const POINT = /^\s*(?:(?:not )?ok\b|[✓✔✗✘✖]\s|1\.\.\d)/;
const PARENTHESIS = /\(?(?:from function [`'](.+?)['`] )?in (test )?file (.+?), line (\d+)/;

function tap(lines: readonly string[]): PrintedFailure[] {
  const remarks = testMore(lines);
  const points = lines.flatMap((line, index): PrintedFailure[] => {
    const point = matchLine(NOT_OK, line) ?? matchLine(CROSS, line);
    if (!point || /#\s*(?:todo|skip)\b/i.test(point[1]!)) return [];
    const title = point[1]!.replace(/\s+#.*$/, "").trim();
    const below = diagnosticsOf(lines, index);
    // prove prints a script's stderr first, where Test::More has put its diagnostics.
    const { frames, message } =
      below.frames.length > 0 ? below : (remarks.find((remark) => remark.title === title) ?? below);
    return [{ kind: "test", index, message: [title, message].filter(Boolean).join(": ") || null, frames }];
  });
  if (points.length > 0) return points;
  // prove without -v shows no test points: only what Test::More said on stderr.
  return remarks.map(({ title, index, message, frames }) => ({
    ...{ kind: "test", index, frames },
    message: [title, message].filter(Boolean).join(": ") || null,
  }));
}

interface Diagnostics {
  readonly frames: readonly PrintedFrame[];
  readonly message: string | null;
}

/** What stands below a test point, up to the next one: comments, or a YAML block. */
function diagnosticsOf(lines: readonly string[], point: number): Diagnostics {
  const frames: PrintedFrame[] = [];
  let message: string | null = null;
  for (let at = point + 1; at < Math.min(lines.length, point + 60) && !POINT.test(lines[at]!.slice(0, 200)); at++) {
    const text = lines[at]!.replace(/^\s*#?\s*/, "");
    const bats = matchLine(PARENTHESIS, text);
    const perl = matchLine(/^at (\S+) line (\d+)\.?$/, text);
    const location = matchLine(/^location: ['"]?(.+?):(\d+):\d+['"]?$/, text);
    const stack = matchLine(/^(?:at )?(?:([^()]+?) \()?((?:file:\/\/)?\/[^()\s]+?):(\d+):\d+\)?$/, text);
    if (bats) frames.push(frameOf(bats[3]!, bats[4]!, bats[1]));
    else if (perl) frames.push(frameOf(perl[1]!, perl[2]!));
    else if (stack && !location) frames.push(frameOf(stack[2]!, stack[3]!, stack[1]));
    else if (location) frames.push(frameOf(location[1]!, location[2]!));
    const said =
      matchLine(/^[`'](.+)' failed/, text)?.[0] ??
      matchLine(/^(?:error|message): +['"]?((?![|>]).+?)['"]?$/, text)?.[1];
    message ??= said ?? (/^(?:error|message): [|>]/.test(text) ? lines[at + 1]?.trim() || null : null);
  }
  // node:test puts the place of the whole test before the stack: the stack's own is nearer to the fault.
  const first = frames[0];
  const isLocation =
    first !== undefined && frames.length > 1 && frames.slice(1).some(({ file }) => file === first.file);
  return { frames: isLocation && !frames.some((frame) => frame.function) ? frames.slice(1) : ordered(frames), message };
}

/** A frame with a function, or further down in the same file, is nearer to the fault than the test's own place. */
function ordered(frames: readonly PrintedFrame[]): readonly PrintedFrame[] {
  const [first, second] = frames;
  if (first && second && first.file === second.file && !first.function && second.function) return frames.slice(1);
  return frames;
}

interface Remark extends Diagnostics {
  readonly title: string;
  readonly index: number;
}

/** `#   Failed test 'total'` and `#   at t.t line 3.`, wherever they stand. */
function testMore(lines: readonly string[]): Remark[] {
  return lines.flatMap((line, index): Remark[] => {
    const failed = matchLine(/^#\s+Failed test(?: '(.*)')?/, line);
    const place = failed && matchLine(/^#\s+(?:at|in) (\S+) (?:at )?line (\d+)\.?$/, lines[index + 1]);
    if (!failed || !place) return [];
    const frames = [frameOf(place[1]!, place[2]!)];
    return [{ title: failed[1] ?? "", index, frames, message: gotAndExpected(lines, index + 2) }];
  });
}

function gotAndExpected(lines: readonly string[], at: number): string | null {
  const [got, expected] = [lines[at], lines[at + 1]].map((line) => matchLine(/^#\s+(got|expected): (.*)$/, line)?.[2]);
  return got === undefined || expected === undefined ? null : `got ${got}, expected ${expected}`;
}

function goTest(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const test = matchLine(/^\s*--- FAIL: (\S+)/, line);
    if (!test) return [];
    for (const at of nearby(lines, index)) {
      const place = matchLine(/^\s+(\S+\.go):(\d+): (.*)$/, lines[at]);
      if (place) {
        const message = `${test[1]}: ${place[3] || lines[at + 1]?.trim()}`;
        return [{ kind: "test", index: at, message, frames: [frameOf(place[1]!, place[2]!)] }];
      }
    }
    return [];
  });
}

/** What a test logged stands below its verdict, or above it with -v; below first. */
function nearby(lines: readonly string[], index: number): number[] {
  const below: number[] = [];
  for (let at = index + 1; at < lines.length && /^\s+\S/.test(lines[at]!) && !/--- /.test(lines[at]!); at++)
    below.push(at);
  const above: number[] = [];
  for (let at = index - 1; at >= 0 && !/^=== RUN|^--- /.test(lines[at]!); at--) above.push(at);
  return [...below, ...above];
}

function pytest(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const place = matchLine(/^(\S+\.py):(\d+): (\w*(?:Error|Exception|Failed|Exit|Interrupt)\w*)$/, line);
    if (!place) return [];
    const said = lines.slice(Math.max(0, index - 20), index).find((above) => /^E {3}/.test(above));
    return [
      { kind: "test", index, message: said?.slice(1).trim() ?? place[3]!, frames: [frameOf(place[1]!, place[2]!)] },
    ];
  });
}

function rspec(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    if (!/^\s+Failure\/Error: /.test(line.slice(0, 200))) return [];
    const end = Math.min(lines.length, index + 20);
    for (let at = index + 1; at < end; at++) {
      const place = matchLine(/^\s+# (\.?\/?\S+):(\d+):in/, lines[at]);
      if (place) return [{ kind: "test", index, message: line.trim(), frames: [frameOf(place[1]!, place[2]!)] }];
    }
    return [];
  });
}
