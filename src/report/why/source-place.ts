/** Where in a source file something went wrong, as a program's output names it. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/** Lines around the error in which a stack may stand. */
const STACK_LINES = 30;

/**
 * Places that an error line names, or the stack around it, the most likely first: bash's `x.sh: line 7:`, a compiler's
 * `x.c:7:5:`, Python's `File "x.py", line 7` above the exception, JavaScript's `(x.js:7:5)` below it.
 */
export function placesNear(lines: readonly string[], index: number): SourcePlace[] {
  const own = lines[index]!;
  const above = lines.slice(Math.max(0, index - STACK_LINES), index).reverse();
  const below = lines.slice(index + 1, index + 1 + STACK_LINES);
  return [
    ...found([own], SHELL),
    ...found([own], PYTHON),
    ...found([own], COLON),
    ...found(above, PYTHON),
    ...found(below, FRAME),
    ...found(below.slice(0, 3), COLON),
  ];
}

/** The last place that a shell named, newest first: where the error line itself names none. */
export function shellPlaces(lines: readonly string[]): SourcePlace[] {
  return found(lines.slice(-STACK_LINES).reverse(), SHELL);
}

const SHELL = /^(?:\S*\/)?(?:bash|sh|dash): (.+?): (?:line )?(\d+): |^(.+?): line (\d+): /;
const PYTHON = /^\s*File "(.+?)", line (\d+)/;
const COLON = /(?:^|[\s('":])((?:\.{0,2}\/)?[\w@.+-]+(?:\/[\w@.+-]+)*\.[A-Za-z]\w*)[:(](\d+)\b/;
const FRAME = /^\s*at .*?\(?((?:file:\/\/)?\/[^\s():]+):(\d+):\d+\)?/;

function found(lines: readonly string[], pattern: RegExp): SourcePlace[] {
  return lines.flatMap((text) => {
    const match = pattern.exec(text.slice(0, 1000));
    if (!match) return [];
    const [file, line] = match.slice(1).filter((part) => part !== undefined) as [string, string];
    return [{ file: file.replace(/^file:\/\//, ""), line: Number(line) }];
  });
}
