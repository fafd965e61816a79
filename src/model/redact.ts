import { usageError } from "../errors.ts";
import { MAX_LINE_BYTES } from "./lines.ts";

export const REDACTED = "[redacted]";

export interface RedactorOptions {
  /** Regular expressions of the user's; "none" leaves out the default set. */
  readonly patterns: readonly string[];
  /** Where the values of variables named like secrets are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Shorter values are words that stand for something else as well. */
const SHORTEST_VALUE = 6;
const SHORT_TEXT = 64 << 10;
const SECRET_VARIABLE = /TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i;
/** A flag, or the key of a tag. */
const SECRET_NAME =
  /(?:^|[-_.])(?:token|secret|password|passwd|passphrase|api[-_]?key|(?:access|private|secret)[-_]key|credentials?)$/i;
/** A key of several lines: its first and last one tell. */
const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

interface Rule {
  /** One of them is in every line in which the rule finds something. */
  readonly hints: readonly RegExp[];
  readonly replace: (line: string) => string;
}

/** Hints have two literals at most, for which the engine has a search as fast as memory. */
const NAMED: readonly RegExp[] = [/token|secret/i, /passw|passph/i, /apikey|_key/i, /-key|credential/i];
const DOTTED = /xox|eyJ/;
/** Whether a short text may have anything that one of the hints is for. */
const ANY_HINT =
  /token|secret|passw|passph|key|credential|authoriz|bearer|:\/\/[^\s/]{0,512}@|AKIA|ASIA|gh[opsru]_|xox|xapp-|slack\.|eyJ|sk-|_live|AIza|pypi-|glpat|npm_|_pat_/i;

/**
 * All patterns are linear: no repetition begins at a place that the one before it went through. Built when a text has
 * something that looks like a secret: a step without any does not pay for them.
 */
const defaultRules = once((): readonly Rule[] => [
  keeping(
    [/authoriz|bearer/i],
    /(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,4})?|\bbearer\s{1,4}(?=[\w.~+/=-]{0,64}\d))[^\s"',;]{4,4096}/gi,
  ),
  keeping([/:\/\/[^\s/]{0,512}@/], /(:\/\/[^\s/:@?#"']{0,256}:)[^\s/@"']{1,256}(?=@)/g),
  // Behind a colon, or with blanks, it may be prose: "unexpected token: end of file". A digit tells.
  keeping(
    NAMED,
    /((?:token|secret|passw(?:or)?d|passphrase|api[-_]?key|(?:access|private|secret|signing|encryption)[-_]key|credentials?)["']?(?:=["']?(?=[^\s"'$<*{[(,;&])|\s{0,4}(?::|=)\s{0,4}["']?(?=[^\s"',;]{8})(?=[^\s"',;]{0,64}\d)))[^\s"',;&]{3,4096}/gi,
  ),
  keeping(
    NAMED,
    /(--(?:[a-z]{1,16}-){0,3}(?:token|secret|password|passwd|passphrase|api-?key|(?:access|private|secret)-key)["']?\s["']?)[^\s"'-][^\s"']{2,4096}/gi,
  ),
  dropping([/AKIA|ASIA/], /(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/g),
  dropping([/gh[opsru]_/], /(?<![\w-])gh[opsru]_\w{20,255}/g),
  dropping(
    [/pypi-|glpat/, /npm_|_pat_/],
    /(?<![\w-])(?:github_pat_\w{20,255}|glpat-[\w-]{16,255}|npm_\w{30,255}|dckr_pat_[\w-]{16,255}|pypi-[\w-]{16,512})/g,
  ),
  dropping(
    [DOTTED, /slack\.|xapp-/],
    /(?<![\w-])(?:xox[abeprs]|xapp)-[\w-]{8,255}|(?<=hooks\.slack\.com\/services\/)[\w/]{8,255}/g,
  ),
  dropping([DOTTED], /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,8192}(?:\.[\w-]{0,8192})?/g),
  dropping([/sk-/, /_live|AIza/], /(?<![\w-])(?:sk-[\w-]{20,255}|[rs]k_live_\w{16,255}|AIza[\w-]{35})/g),
]);

/**
 * Takes secrets out of text: what looks like one, the values of variables that are named like secrets, and what the user's
 * patterns match. Line by line: of a longer one no more than 16 KiB are looked at together.
 */
export class Redactor {
  /** As given. */
  readonly patterns: readonly string[];
  readonly #hasDefaults: boolean;
  readonly #environment: RedactorOptions["environment"];
  readonly #ownRules: readonly Rule[];
  #valueRules: readonly Rule[] | undefined;

  /** Throws USAGE for a pattern that is no regular expression. */
  constructor({ patterns, environment }: RedactorOptions) {
    this.patterns = patterns;
    this.#environment = environment;
    this.#hasDefaults = !patterns.includes("none");
    this.#ownRules = patterns.filter((pattern) => pattern !== "none").map(ruleOfPattern);
  }

  /** Any text, also of several lines. */
  text(text: string): string {
    const lines = text.split("\n");
    this.lines(lines, new KeyState());
    return lines.join("\n");
  }

  /**
   * Lines that follow each other, in place. `state` goes from one call to the next. For many lines at once: where none
   * of them has anything that looks like a secret, it takes next to no time.
   */
  lines(lines: string[], state: KeyState): void {
    const all = lines.length === 1 ? lines[0]! : lines.join("\n");
    const rules = this.#rulesFor(all);
    const keys = this.#hasDefaults && (state.inside || all.includes("PRIVATE KEY"));
    if (rules.length === 0 && !keys) return;
    for (const [i, line] of lines.entries()) {
      if (keys && state.isKey(line)) lines[i] = REDACTED;
      else if (rules.length > 0) lines[i] = redactLine(line, rules);
    }
  }

  /** Words of a command line: what follows a flag that is named like a secret is one as well. */
  args(words: readonly string[]): string[] {
    return words.map((word, i) => {
      const flag = words[i - 1];
      const isSecret = flag?.startsWith("-") && !word.startsWith("-") && this.#hasDefaults && SECRET_NAME.test(flag);
      return isSecret ? REDACTED : this.text(word);
    });
  }

  /** The value of a tag: all of it where the key is named like a secret. */
  tag(key: string, value: string): string {
    return this.#hasDefaults && value !== "" && SECRET_NAME.test(key) ? REDACTED : this.text(value);
  }

  /** Those for which there is something in a text. */
  #rulesFor(text: string): readonly Rule[] {
    this.#valueRules ??= this.#hasDefaults ? valueRules(this.#environment) : [];
    // A pattern of the user's may be about the beginning of a line, and is asked at each.
    const values = this.#valueRules.filter(({ hints }) => hints.some((hint) => hint.test(text)));
    const others = [...values, ...this.#ownRules];
    if (!this.#hasDefaults || (text.length <= SHORT_TEXT && !ANY_HINT.test(text))) return others;
    const found = new Map<RegExp, boolean>();
    const has = (hint: RegExp): boolean => {
      const is = found.get(hint) ?? hint.test(text);
      found.set(hint, is);
      return is;
    };
    return [...others, ...defaultRules().filter(({ hints }) => hints.some(has))];
  }
}

/** Whether a private key of several lines has begun and not ended. */
export class KeyState {
  inside = false;

  /** Whether this line has a part of one. */
  isKey(line: string): boolean {
    const begins = KEY_BEGIN.test(line);
    const was = this.inside;
    this.inside = (was || begins) && !KEY_END.test(line);
    return was || begins;
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function redactLine(line: string, rules: readonly Rule[]): string {
  if (line.length > MAX_LINE_BYTES) {
    return redactLine(line.slice(0, MAX_LINE_BYTES), rules) + redactLine(line.slice(MAX_LINE_BYTES), rules);
  }
  let redacted = line;
  for (const { hints, replace } of rules) if (hints.some((hint) => hint.test(redacted))) redacted = replace(redacted);
  return redacted;
}

function keeping(hints: readonly RegExp[], pattern: RegExp): Rule {
  return { hints, replace: (line) => line.replace(pattern, `$1${REDACTED}`) };
}

function dropping(hints: readonly RegExp[], pattern: RegExp): Rule {
  return { hints, replace: (line) => line.replace(pattern, REDACTED) };
}

/** Longest first, as one may be within another. */
function valueRules(environment: RedactorOptions["environment"]): Rule[] {
  const values = Object.keys(environment)
    .filter((name) => SECRET_VARIABLE.test(name))
    .flatMap((name) => environment[name]?.split("\n") ?? [])
    .map((value) => value.trim());
  return [...new Set(values)]
    .filter((value) => value.length >= SHORTEST_VALUE)
    .sort((a, b) => b.length - a.length)
    .map((value) => ({
      hints: [new RegExp(RegExp.escape(value))],
      replace: (line) => line.replaceAll(value, REDACTED),
    }));
}

function ruleOfPattern(source: string): Rule {
  const pattern = compile(source);
  // What matches nothing at a place has found nothing there.
  const replace = (line: string) => line.replace(pattern, (match) => (match === "" ? "" : REDACTED));
  return { hints: [new RegExp(source)], replace };
}

function compile(source: string): RegExp {
  try {
    return new RegExp(source, "g");
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*?: /, "") : String(error);
    throw usageError(
      `--redact ${JSON.stringify(source)} is no regular expression: ${reason}`,
      "write it as in JavaScript",
    );
  }
}
