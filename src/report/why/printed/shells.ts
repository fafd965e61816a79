import { type Dialect, frameOf, matchLine } from "./failure.ts";

/** bash and busybox: `x.sh: line 7: y: command not found`; also behind the shell's own name. */
const LINE_WORD = /^(?:(?:\S*\/)?(?:bash|sh|ash|ksh|busybox): )?(.+?): line (\d+): (.+)$/;
/** dash: `x.sh: 3: y: not found`. */
const NUMBER = /^(?:(?:\S*\/)?(?:sh|dash): )?(\S.*?): (\d+): (\S.*)$/;
/** zsh: `x.zsh:3: command not found: y`; the words tell it from a compiler. */
const ZSH =
  /^(\S+):(\d+): ((?:command not found|no such file|permission denied|parse error|bad |unknown |unmatched|not |no match|parameter |read-only|math error|failed ).*)$/;
/** ksh: `x.ksh[3]: y: not found`. */
const KSH = /^(\S+?)\[(\d+)\]: (\S.*)$/;
/** fish: `x.fish (line 3): Unknown command`. */
const FISH = /^(\S+) \(line (\d+)\): (\S.*)$/;

const FORMATS = [LINE_WORD, NUMBER, ZSH, KSH, FISH];

/** Complaints of shells about a line of a script. */
export const shells: Dialect = (lines) =>
  lines.flatMap((line, index) => {
    // The second line of a syntax error repeats the script's own text.
    if (/: (?:line )?\d+: `.*'$/.test(line.slice(0, 500))) return [];
    for (const format of FORMATS) {
      const match = matchLine(format, line);
      if (!match) continue;
      const [, file, number, message] = match as unknown as [string, string, string, string];
      return [{ kind: "shell", index, message, frames: [frameOf(file, number)] }];
    }
    return [];
  });
