import { type Dialect, frameOf, matchLine, type PrintedFailure } from "./failure.ts";

/** Programs that run others and repeat that one of them failed: make, ansible. */
export const tools: Dialect = (lines) =>
  lines.flatMap((line, index): PrintedFailure[] => {
    const recipe = matchLine(/^\S*make(?:\[\d+\])?: \*\*\* \[(.+?):(\d+): (.+?)\] (Error \d+.*|.+)$/, line);
    if (recipe) {
      return [
        { kind: "tool", index, message: `${recipe[3]}: ${recipe[4]}`, frames: [frameOf(recipe[1]!, recipe[2]!)] },
      ];
    }
    const makefile = matchLine(/^(\S+):(\d+): \*\*\* (.+)$/, line);
    if (makefile)
      return [{ kind: "tool", index, message: makefile[3]!, frames: [frameOf(makefile[1]!, makefile[2]!)] }];
    return ansible(lines, index);
  });

function ansible(lines: readonly string[], index: number): PrintedFailure[] {
  const place =
    matchLine(/^The error appears to be in '(.+?)': line (\d+)/, lines[index]) ??
    matchLine(/^(?:Task failed|Origin): .*?(\/\S+?):(\d+)(?::\d+)?$/, lines[index]);
  const fatal = matchLine(/^fatal: \[(.+?)\]: (?:FAILED|UNREACHABLE)! => (.*)$/, lines[index]);
  if (!place && !fatal) return [];
  const task = lines.slice(0, index).findLast((above) => /^TASK \[/.test(above));
  const message = matchLine(/"msg": "((?:[^"\\]|\\.)*)"/, fatal?.[2])?.[1] ?? fatal?.[0] ?? null;
  const name = matchLine(/^TASK \[(.+?)\]/, task)?.[1];
  const said = [name && `task ${name}`, message].filter(Boolean).join(": ");
  return [{ kind: "tool", index, message: said || null, frames: place ? [frameOf(place[1]!, place[2]!)] : [] }];
}
