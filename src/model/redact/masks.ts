import { isHarmless } from "./harmless.ts";

/** A command of GitHub or Azure, printed by a step, that makes a value a secret. */
const COMMAND =
  /(?:::add-mask::|##\[add-mask\]|##vso\[task\.setsecret\]|##vso\[task\.setvariable [^\]\n]{0,512}\bissecret=true\b[^\]\n]{0,512}\])([^\r\n]{1,8192})/gi;
/** In lower case; one of them is in every such command. */
export const MASK_HINTS = ["::add-mask::", "##[add-mask]", "##vso[task.set"];
/** Whoever says so means it, but a letter or two are in every line. */
const SHORTEST = 4;

/** A tag of a step whose output has made values secrets. */
export const MASKS_TAG = "log.masks";

export interface Mask {
  /** Each line of it. */
  readonly values: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** The values that a text makes secrets, and where they are in it. Of a script's source, `::add-mask::$TOKEN` is none. */
export function masksIn(text: string): Mask[] {
  return [...text.matchAll(COMMAND)].flatMap((match) => {
    const lineStart = text.lastIndexOf("\n", match.index - 1) + 1;
    const isCommand = text.slice(lineStart, match.index).trim() === "";
    // A trace has the word of a command line, perhaps in quotes.
    const found = isCommand ? match[1]! : (/^[^"']{1,4096}/.exec(match[1]!)?.[0] ?? "");
    const values = unescaped(found)
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line.length >= SHORTEST && !isHarmless(line));
    const start = match.index + match[0].length - match[1]!.length;
    return values.length === 0 ? [] : [{ values, start, end: start + found.trimEnd().length }];
  });
}

/** As GitHub escapes the data of a command. */
function unescaped(data: string): string {
  return data.replace(/%(0D|0A|25)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
