import { isHarmless, isHarmlessWord, looksDrawn } from "./harmless.ts";
import type { Finder } from "./spans.ts";
import { type Value, valueAt } from "./value.ts";

/**
 * Values by their names: `password=…`, `"clientSecret": "…"`, `--api-key …`, `<token>…</token>`, in any quoting. A name says
 * how sure it is: `password` is followed by one, `token` may be a word of a grammar.
 */
export const namedValues: Finder = {
  hints: [
    "token",
    "secret",
    "passw",
    "passph",
    "pass",
    "pwd",
    "key",
    "credential",
    "auth",
    "signature",
    "sig=",
    "connectionstring",
    "pw=",
    "pw:",
    'pw"',
  ],
  find: (text, onFound) => {
    NAME.lastIndex = 0;
    for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
      const at = match.index + match[0].length;
      const value = valueOfName(text, match.index, at, match[0]);
      if (value === null) continue;
      onFound(value.start, value.end);
      NAME.lastIndex = Math.max(at, value.end);
    }
  },
};

const NAME =
  /token|secret|passw(?:or)?d|passphrase|pwd|(?<![a-z])pw|(?:bind|root|user|db)_?pw|pass|(?<=(?:api|access|private|secret|signing|encrypt|encryption|account|shared|master|auth|storage|primary|secondary|deploy|license|subscription|session|functions|host|ssh|hmac|jwt|webhook|app|application|consumer|service|client|instrumentation|ingest|write|sas)[-_ ]?)key|credentials?|signature|\bsig|connection[-_]?string|_?auth/gi;
/** Behind the name: `_2`, `Value`, `_BASE64`; then what closes it. */
const SUFFIX =
  /(?:[_-]?\d{1,2}|[_-]?(?:value|base|base64|b64|hex|plain|plaintext|raw|text|string|prod|production|staging|dev|test|live))?(?=[^\w-]|$)/iy;
const SEPARATOR =
  /(\\{0,7}["'`])?\]?[ \t]{0,40}(=>|->|:=|\?=|=(?!=)|:(?![:=]))[ \t]{0,40}|>(?=[^<>\s])()|\\{0,7}["'],[ \t]{0,8}\\{0,7}["']?(?:value|Value)\\{0,7}["']?[ \t]{0,8}([:=])[ \t]{0,8}|,ParameterValue(=)/y;
const BLANK_AFTER_FLAG = /\\{0,7}(["'])?,?[ \t]{1,8}/y;
const PASSWORD = /^(?:passw|passphrase|pwd|\w*pw$)/i;

function valueOfName(text: string, start: number, nameEnd: number, word: string): Value | null {
  if (!isName(text, start, word)) return null;
  SUFFIX.lastIndex = nameEnd;
  const suffix = SUFFIX.exec(text);
  if (!suffix) return null;
  const end = nameEnd + suffix[0].length;
  SEPARATOR.lastIndex = end;
  const separator = SEPARATOR.exec(text);
  if (separator) {
    const mark = separator[2] ?? separator[4] ?? separator[5] ?? "=";
    const isTight = mark !== ":" && !/[ \t]/.test(separator[0]);
    const isSet = isTight && isVariable(text, start, end);
    const value = valueAt(text, SEPARATOR.lastIndex, isSet);
    return value !== null &&
      isSecret(value, {
        word,
        mark,
        isTight,
        isVariable: isSet,
        isWholeLine: () => isWholeLine(text, start, value),
      })
      ? value
      : null;
  }
  return valueAfterBlank(text, start, end, word);
}

/** `--password x`, `["--password", "x"]`, `login me password x`, `IDENTIFIED … PASSWORD 'x'`, `set aws_secret_access_key x` */
function valueAfterBlank(text: string, start: number, end: number, word: string): Value | null {
  BLANK_AFTER_FLAG.lastIndex = end;
  const blank = BLANK_AFTER_FLAG.exec(text);
  if (!blank) return null;
  const before = text.slice(Math.max(0, start - 120), start);
  const isFlag = /(?:^|[\s"'`=[,])--?(?:[\w.]{1,24}-){0,4}[\w.]{0,24}$/.test(before);
  const value = valueAt(text, BLANK_AFTER_FLAG.lastIndex);
  if (value === null || /^-{1,2}[a-z]/i.test(value.text)) return null;
  if (isFlag) return isHarmlessWord(value.text) || /^(?:auth|sig|signature)$/i.test(word) ? null : value;
  if (/\b(?:login|user|account)[ \t]+\S{1,64}[ \t]+$/i.test(before) && /^passw/i.test(word))
    return isHarmless(value.text) ? null : value;
  if (/\bsetx?[ \t][\w. -]{0,40}$/.test(before) && /_/.test(before)) return isHarmless(value.text) ? null : value;
  if (value.quoted && /^passw/i.test(word)) return isHarmless(value.text) || /\s/.test(value.text) ? null : value;
  // A line of .netrc has just the two words.
  const isAlone =
    /(?:^|\n)[ \t]{0,40}$/.test(before) && /^[ \t\r]*(?:\n|$)/.test(text.slice(value.end, value.end + 40));
  return isAlone && /^password$/.test(word) && looksDrawn(value.text) && !isHarmless(value.text) ? value : null;
}

/** Some words are names only where they stand alone, or behind a mark. */
function isName(text: string, start: number, word: string): boolean {
  const before = text[start - 1] ?? "";
  if (/^(?:sig|signature)$/i.test(word)) return /[?&;-]/.test(before) || text.startsWith("=", start + word.length);
  if (/^_?auth$/i.test(word)) return word.startsWith("_") || /["':]/.test(before);
  if (/^pass$/i.test(word))
    return /[_.\-&?"'{,]/.test(before) || (word[0] === "P" && /[a-z]/.test(before)) || !/\w/.test(before);
  if (/^pwd$/i.test(word)) return !/[a-z]/i.test(before) || (word[0] === "P" && /[a-z]/.test(before));
  return true;
}

/** `DB_PASSWORD=…` at the start of a line, as `env` prints it, or behind `export`. */
function isVariable(text: string, start: number, end: number): boolean {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  if (start - lineStart > 200) return false;
  return /^(?:\+{1,4} |[-+ ]{0,8}(?:export |declare -x |set |ENV |- )?)?[A-Z_][A-Z0-9_]{0,80}$/.test(
    text.slice(lineStart, end),
  );
}

/** Nothing else is in the line than a name of one word and the value, as in YAML. */
function isWholeLine(text: string, start: number, value: Value): boolean {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  if (start - lineStart > 80 || !/^[-+> \t]{0,40}["']?[\w.-]{0,60}$/.test(text.slice(lineStart, start))) return false;
  return /^["']?,?[ \t\r]*(?:#.*)?(?:\n|$)/.test(text.slice(value.end, value.end + 40));
}

interface Form {
  readonly word: string;
  readonly mark: string;
  /** Nothing but the mark is between name and value. */
  readonly isTight: boolean;
  /** It is set as a variable of the environment: no expression of a program follows. */
  readonly isVariable: boolean;
  readonly isWholeLine: () => boolean;
}

function isSecret(
  { text, quoted }: Value,
  { word, mark, isTight, isVariable: isSet, isWholeLine: isAlone }: Form,
): boolean {
  if (quoted || isSet ? isHarmless(text) : isHarmlessWord(text)) return false;
  const isPassword = PASSWORD.test(word);
  if (/^pwd$/i.test(word) && /^(?:[/~.\\]|[A-Za-z]:[\\/])/.test(text)) return false;
  if (/^(?:pass|sig|signature|_?auth)$/i.test(word)) {
    if (/^pass$/i.test(word))
      return (
        text.length >= 4 &&
        !/^\d{1,6}(?:\.\d+)?%?$/.test(text) &&
        (quoted || isTight || looksDrawn(text)) &&
        mark !== "->"
      );
    return text.length >= 12 && looksDrawn(text);
  }
  // A path tells where it is, an address where it comes from.
  if (
    /^(?:\.{0,2}\/|~\/)[\w.-]+(?:\/[\w.-]+)*$/.test(text) &&
    /\.\w{1,8}$|^\/(?:run|etc|var|home|tmp|usr|opt|root|mnt|secrets?)\//.test(text)
  )
    return false;
  if (/^[a-z][a-z+.-]{1,20}:\/\/[^\s@]*$/i.test(text) && !isPassword) return false;
  if (!isPassword && /^\d{1,6}$/.test(text)) return false;
  if (quoted) {
    if (isPassword) return true;
    if (/\s/.test(text)) return mark !== ":" && looksDrawn(text.replace(/\s/g, ""));
    return mark === ":"
      ? looksDrawn(text) ||
          (text.length >= 8 && !/^[A-Za-z]+(?:[-_ ][A-Za-z]+)*$/.test(text)) ||
          (/secret$/i.test(word) && text.length >= 8 && !/[-_]/.test(text))
      : true;
  }
  if (isTight) return true;
  // With blanks around, or behind a colon, it may be prose: "unexpected token: end of file".
  if (text.length >= (isPassword ? 4 : 6) && looksDrawn(text)) return true;
  if (mark !== ":") return text.length >= 8 && !/^[A-Za-z_]+$/.test(text);
  return text.length >= 6 && (isPassword ? isAlone() : isAlone() && /[^A-Za-z0-9_.-]/.test(text) && text.length >= 8);
}
