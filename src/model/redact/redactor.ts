import { usageError } from "../../errors.ts";
import { defaultFinder, defaultHints, defaultKeywords } from "./default-finders.ts";
import { finderOf, secretsOf } from "./known-values.ts";
import { MASK_HINTS, masksIn } from "./masks.ts";
import { headOfKey, KeyState, withoutKey } from "./private-keys.ts";
import { REDACTED } from "./redacted.ts";
import { Scanner } from "./scanner.ts";
import { byExpression, type Finder, type Span, withoutSpans } from "./spans.ts";
import { spansIn } from "./spans-in.ts";
import { hasControls, plainOf } from "./view.ts";
import { redactedWords } from "./words.ts";

export { KeyState, REDACTED };

export interface RedactorOptions {
  /** Regular expressions of the user's; "none" leaves out the default set. */
  readonly patterns: readonly string[];
  /** Where the values of variables named like secrets are taken from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A flag, or the key of a tag. */
const SECRET_NAME =
  /(?:^|[-_.])(?:token|secret|password|passwd|passphrase|pass|pwd|api[-_]?key|(?:access|private|secret|account)[-_]key|credentials?)$/i;
const NONE: readonly number[] = [];
/** A shorter text is searched for each keyword: most processes see no longer one, and are spared the scanner's tables. */
const SHORT_CHARACTERS = 2000;
/** The bytes of what is not seen on a terminal, and so may stand within a keyword. */
const HIDING = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf/;
/** Keywords that no finder is for. */
const MASK_KEYWORD = 0xfffe;
const KEY_KEYWORD = 0xfffd;
const KEY_HINTS = ["private key", "private-lines"];

/**
 * Takes secrets out of text: what looks like one, the values of variables that are named like secrets, what a step has
 * masked, and what the user's patterns match. A secret is found as a person sees it, whatever colours and escapes are in it.
 *
 * One pass over the bytes looks for keywords; only lines that have one are looked at by the finders of that keyword.
 */
export class Redactor {
  /** As given. */
  readonly patterns: readonly string[];
  readonly #hasDefaults: boolean;
  readonly #environment: RedactorOptions["environment"];
  readonly #ownFinders: readonly Finder[];
  /** Numbered from behind the default ones. */
  readonly #values: Finder[] = [];
  readonly #masked = new Set<string>();
  #scanner: Scanner | undefined;
  #keywords: string[] | undefined;
  #knowsEnvironment = false;
  #defaults = 0;

  /** Throws USAGE for a pattern that is no regular expression. */
  constructor({ patterns, environment }: RedactorOptions) {
    this.patterns = patterns;
    this.#environment = environment;
    this.#hasDefaults = !patterns.includes("none");
    this.#ownFinders = patterns.filter((pattern) => pattern !== "none").map(finderOfPattern);
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
    const hits = this.#hits(lines);
    if (hits.size === 0 && !state.inside && this.#ownFinders.length === 0) return;
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const numbers = hits.get(i);
      if (numbers?.includes(MASK_KEYWORD) && this.#learnsFrom(line)) {
        // What was just learned may be anywhere from here on.
        const rest = lines.slice(i);
        this.lines(rest, state);
        for (const [k, redacted] of rest.entries()) lines[i + k] = redacted;
        return;
      }
      if (numbers !== undefined || this.#ownFinders.length > 0) lines[i] = this.#line(line, numbers ?? NONE);
      if (state.inside || numbers?.includes(KEY_KEYWORD)) lines[i] = withoutKey(line, lines[i]!, state);
    }
  }

  /** Words of a command line: what follows a flag that is named like a secret is one as well. */
  args(words: readonly string[]): string[] {
    return redactedWords(
      words,
      (text) => this.text(text),
      (flag) => this.#hasDefaults && SECRET_NAME.test(flag),
    );
  }

  /** The value of a tag: all of it where the key is named like a secret. */
  tag(key: string, value: string): string {
    return this.#hasDefaults && value !== "" && SECRET_NAME.test(key) ? REDACTED : this.text(value);
  }

  /** Takes a value out from now on, in all its spellings; "none" among the patterns leaves it. */
  mask(value: string): void {
    if (!this.#hasDefaults || this.#masked.has(value)) return;
    this.#masked.add(value);
    this.#addValue(finderOf(value));
  }

  /** What is to be taken out of a text, whatever is in it; of a part of a long line, too. */
  spans(text: string): Span[] {
    const numbers = this.#hits([text]).get(0);
    return this.#spansOf(text, numbers ?? NONE);
  }

  /** Whether bytes may have something to be taken out: never false where there is, seldom true where there is nothing. */
  mayFind(bytes: Buffer): boolean {
    if (this.#ownFinders.length > 0) return true;
    if (!this.#hasDefaults) return false;
    let found = false;
    const onHit = () => {
      found = true;
    };
    this.#ready().scan(bytes, onHit);
    if (found || !HIDING.test(bytes.toString("latin1"))) return found;
    this.#ready().scan(Buffer.from(plainOf(bytes.toString())), onHit);
    return found;
  }

  /** Masks what the commands in a text say, and returns these values; none where "none" is among the patterns. */
  learn(text: string): string[] {
    if (!this.#hasDefaults) return [];
    const values = masksIn(plainOf(text)).flatMap((mask) => mask.values);
    for (const value of values) this.mask(value);
    return values;
  }

  /** Lines from the end of a text, in place: what begins before them may be a key that ends in them. */
  tail(lines: string[]): void {
    const end = headOfKey(lines.map(plainOf));
    this.lines(lines, new KeyState());
    if (this.#hasDefaults) lines.fill(REDACTED, 0, end);
  }

  #learnsFrom(line: string): boolean {
    const before = this.#masked.size;
    this.learn(line);
    return this.#masked.size > before;
  }

  #line(line: string, numbers: readonly number[]): string {
    return withoutSpans(line, this.#spansOf(line, numbers));
  }

  #spansOf(text: string, numbers: readonly number[]): Span[] {
    const own = this.#ownFinders;
    const finders = [...own];
    for (const number of numbers) {
      const finder = number < KEY_KEYWORD ? this.#finder(number) : null;
      if (finder?.needs?.some((needed) => text.includes(needed)) ?? finder !== null) finders.push(finder!);
    }
    if (finders.length === 0) return [];
    return spansIn(text, finders, own);
  }

  #finder(number: number): Finder {
    return number < this.#defaults ? defaultFinder(number) : this.#values[number - this.#defaults]!;
  }

  /** For each line that has keywords, the numbers of those who look for them. */
  #hits(lines: readonly string[]): Map<number, number[]> {
    const hits = new Map<number, number[]>();
    if (!this.#hasDefaults) return hits;
    const text = lines.length === 1 ? lines[0]! : lines.join("\n");
    this.#scan(text, hits);
    if (hasControls(text)) this.#scan(plainOf(text), hits);
    return hits;
  }

  #scan(text: string, hits: Map<number, number[]>): void {
    if (this.#scanner === undefined && text.length < SHORT_CHARACTERS && !this.#hasKeyword(text)) return;
    this.#ready().scan(Buffer.from(text), (keyword, line) => {
      const numbers = hits.get(line);
      if (numbers === undefined) hits.set(line, [keyword]);
      else if (!numbers.includes(keyword)) numbers.push(keyword);
    });
  }

  #ready(): Scanner {
    if (this.#scanner) return this.#scanner;
    const scanner = new Scanner();
    const hints = defaultHints();
    for (const [number, words] of hints.entries()) for (const word of words) scanner.add(word, number);
    for (const word of MASK_HINTS) scanner.add(word, MASK_KEYWORD);
    for (const word of KEY_HINTS) scanner.add(word, KEY_KEYWORD);
    this.#defaults = hints.length;
    this.#learnEnvironment();
    for (const [i, finder] of this.#values.entries()) {
      for (const hint of finder.hints) scanner.add(hint, this.#defaults + i);
    }
    this.#scanner = scanner;
    return scanner;
  }

  /** Never false for a text that the scanner would find a keyword in. */
  #hasKeyword(text: string): boolean {
    this.#learnEnvironment();
    this.#keywords ??= [...defaultKeywords(), ...MASK_HINTS, ...KEY_HINTS];
    const lower = text.toLowerCase();
    if (this.#keywords.some((word) => lower.includes(word))) return true;
    if (this.#values.length === 0) return false;
    // A hint of a value is in bytes, one character each.
    const bytes = Buffer.from(lower).toString("latin1");
    return this.#values.some(({ hints }) => hints.some((hint) => bytes.includes(hint)));
  }

  #learnEnvironment(): void {
    if (this.#knowsEnvironment) return;
    this.#knowsEnvironment = true;
    for (const value of secretsOf(this.#environment)) this.#values.push(finderOf(value));
  }

  #addValue(finder: Finder): void {
    this.#learnEnvironment();
    const number = this.#defaults + this.#values.push(finder) - 1;
    for (const hint of finder.hints) this.#scanner?.add(hint, number);
  }
}

/** The finder of a user's pattern. A match of no characters counts as none. Throws USAGE if it is no regular expression. */
function finderOfPattern(source: string): Finder {
  try {
    const pattern = new RegExp(source);
    return byExpression([], () => pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*?: /, "") : String(error);
    throw usageError(
      `--redact ${JSON.stringify(source)} is no regular expression: ${reason}`,
      "write it as in JavaScript",
    );
  }
}
