/**
 * What a CI system takes for a command in the output of a job, wherever it came from:
 *
 *   GitHub, Gitea, Forgejo   `::name …::` after the blanks at the beginning of a line, `##[name …]` anywhere
 *   Azure                    `##vso[…]` and `##[…]`
 *   TeamCity                 `##teamcity[…]`
 *   GitLab                   `section_start:…` and `section_end:…`
 *   Buildkite                `--- `, `+++ `, `~~~ ` and `^^^ ` at the beginning of a line
 *
 * A blank inside of it breaks it: `: :error::x`, `## [error]x`, `section_start :1:x`, `- -- x`. Those of Buildkite are
 * broken for Buildkite only, as every diff has them. The value of a command that asks for masking is taken out: the CI
 * system would have hidden it.
 */
export function withoutCommands(text: string, ci: string): string {
  const breaker = new CommandBreaker(ci);
  return breaker.push(text) + breaker.end();
}

/** The same for JSON and YAML, in which an escape keeps the value; within quotes only the kind that counts anywhere matters. */
export function escapedCommands(json: string): string {
  return json.replace(/##(?=\[|vso\[|teamcity\[)/gi, "#\\u0023").replace(SECTION, "$1\\u003a");
}

/** The same for a text that comes in pieces, also of bytes as latin1: what may be the beginning of a command waits. */
export class CommandBreaker {
  readonly #isBuildkite: boolean;
  #held = "";
  /** Nothing was on the line so far that one sees. */
  #isLineStart = true;
  /** The rest of the line is a secret. */
  #isMasking = false;

  constructor(ci: string) {
    this.#isBuildkite = ci === "buildkite";
  }

  push(text: string): string {
    const all = this.#held + text;
    const end = all.length - lengthOfBeginning(all);
    this.#held = all.slice(end);
    return this.#broken(all.slice(0, end));
  }

  /** What waits. Something else may come in between, so what follows may begin a line. */
  end(): string {
    const rest = this.#broken(this.#held);
    this.#held = "";
    this.#isLineStart = true;
    this.#isMasking = false;
    return rest;
  }

  #broken(text: string): string {
    let rest = text;
    if (this.#isMasking) {
      const lineEnd = rest.search(/[\r\n]/);
      rest = lineEnd < 0 ? "" : rest.slice(lineEnd);
    }
    if (rest === "") return "";
    this.#isMasking = false;
    const wasLineStart = this.#isLineStart;
    this.#isLineStart = isBlankBefore(rest, rest.length, wasLineStart);
    if (!MAY_HOLD.test(rest)) return rest;
    return rest
      .replace(AT_LINE_START, (found, mask, marker, at, all) => {
        if ((marker && !this.#isBuildkite) || !isBlankBefore(all, at, wasLineStart)) return found;
        if (mask) this.#isMasking ||= at + found.length === all.length;
        return marker ? `${marker} ${marker}${marker} ` : `: :${mask ? `${mask}***` : ""}`;
      })
      .replace(HASHES, (found, mask, at, all) => {
        if (mask) this.#isMasking ||= at + found.length === all.length;
        return `## ${mask ? `${mask}***` : ""}`;
      })
      .replace(SECTION, "$1 :");
  }
}

const MAY_HOLD = /::|##|section_|[-+~^]{3}/i;
const AT_LINE_START = /::(?:(add-mask::)[^\r\n]*)?|([-+~^])\2\2 /gi;
const SECRET = String.raw`\[add-mask\]|vso\[task\.setsecret\]|vso\[task\.setvariable [^\]\r\n]{0,300}issecret=true[^\]\r\n]{0,300}\]`;
const HASHES = new RegExp(String.raw`##(?:(${SECRET})[^\r\n]*|(?=\[|vso\[|teamcity\[))`, "gi");
const SECTION = /(section_(?:start|end)):/g;

/**
 * Whether a reader of lines sees nothing on the line before `at`: blanks of any alphabet, in whatever encoding, and
 * colours. `isStart` is the answer for what lies before the text.
 */
function isBlankBefore(text: string, at: number, isStart: boolean): boolean {
  for (let i = at - 1; i >= 0; i--) {
    const code = text.charCodeAt(i);
    if (code === 0x0a || code === 0x0d) return true;
    if (code <= 0x20 || code >= 0x7f) continue;
    const colour = /\x1b\[[0-9;:?]{0,32}[@-~]$/.exec(text.slice(Math.max(0, i - 35), i + 1));
    if (colour === null) return false;
    i -= colour[0].length - 1;
  }
  return isStart;
}

const BEGINNINGS = [
  "::add-mask::",
  "##[add-mask]",
  "##vso[task.setsecret]",
  "##teamcity[",
  "section_start:",
  "section_end:",
  "--- ",
  "+++ ",
  "~~~ ",
  "^^^ ",
] as const;

/** How much at the end of a text is the beginning of what may become a command with the next piece. */
function lengthOfBeginning(text: string): number {
  const colour = /\x1b(?:\[[0-9;:?]{0,32})?$/.exec(text.slice(-34));
  if (colour) return colour[0].length;
  // Its last colons may begin nothing else.
  if (BEGINNINGS.some((whole) => text.slice(-whole.length).toLowerCase() === whole)) return 0;
  for (let length = Math.min(20, text.length); length > 0; length--) {
    const end = text.slice(-length).toLowerCase();
    if (BEGINNINGS.some((beginning) => beginning.length > length && beginning.startsWith(end))) return length;
  }
  return 0;
}
