import { type Dialect, frameOf, matchLine, type PrintedFailure } from "./failure.ts";

/** `x.c:7:5: error: …`, `x.go:3:5: …`, `psql:x.sql:3: ERROR:  …`, `x.ts(3,7): error TS1: …`, `x.lua:3: …`. */
const FORMATS: readonly RegExp[] = [
  /^(?:\S+: )?(\S[^:]*?):(\d+)(?::\d+)?: (?:fatal |internal compiler )?(?:error|Error|ERROR)\b:? *(.+)$/,
  /^(?:\S+: )?(\S[^:]*?\.\w+):(\d+): (?:.+?: )?(Assertion [`'].+' failed)\.?$/,
  /^psql:(.+?):(\d+): (?:ERROR|FATAL): +(.+)$/,
  /^(\S.*?)[(:](\d+)[,:]\d+\)?(?::| -) error (?:\w+: )?(.+)$/,
  /^((?:\.{0,2}\/)?[\w@+-][\w@.+/-]*\.go):(\d+):\d+: (.+)$/,
  /^(?:lua\S*|luajit|tclsh|awk|gawk|mawk|sed|jq)?:? ?((?:\.{0,2}\/)?[\w@+-][\w@.+/-]*\.[A-Za-z]\w*):(\d+):(?:\d+:)? (.+)$/,
];

/** Compilers and whoever names a place and an error in one line. */
export const compilers: Dialect = (lines) => [...oneLine(lines), ...rustc(lines), ...shellcheck(lines)];

function oneLine(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    if (/^\s*In file included from |\bwarning\b|\bnote:/i.test(line.slice(0, 300))) return [];
    for (const format of FORMATS) {
      const match = matchLine(format, line);
      if (match) return [{ kind: "compiler", index, message: match[3]!, frames: [frameOf(match[1]!, match[2]!)] }];
    }
    return [];
  });
}

function rustc(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const head = matchLine(/^error(?:\[\w+\])?: (.+)$/, line);
    const place = head && matchLine(/^\s*--> (\S+):(\d+):\d+$/, lines[index + 1]);
    return place ? [{ kind: "compiler", index, message: head[1]!, frames: [frameOf(place[1]!, place[2]!)] }] : [];
  });
}

function shellcheck(lines: readonly string[]): PrintedFailure[] {
  return lines.flatMap((line, index): PrintedFailure[] => {
    const match = matchLine(/^In (\S.*?) line (\d+):$/, line);
    if (!match) return [];
    const said = lines.slice(index + 1, index + 6).find((below) => /\bSC\d+/.test(below));
    return [
      {
        kind: "compiler",
        index,
        message: said?.replace(/^[\s^-]+/, "") ?? null,
        frames: [frameOf(match[1]!, match[2]!)],
      },
    ];
  });
}
