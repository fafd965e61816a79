import { isHarmless } from "./harmless.ts";
import { REDACTED } from "./redacted.ts";

/** The words of a command line, redacted one by one. The word after a flag that `isSecretFlag` accepts is a secret as a whole. */
export function redactedWords(
  words: readonly string[],
  redact: (text: string) => string,
  isSecretFlag: (flag: string) => boolean,
): string[] {
  const all = besideOthers(words, redact);
  return words.map((word, i) => {
    const flag = words[i - 1];
    const isSecret = flag?.startsWith("-") && !word.startsWith("-") && isSecretFlag(flag) && !isHarmless(word);
    return isSecret ? REDACTED : (all[i] ?? redact(word));
  });
}

/** Some words tell only beside others: `mysql -pSECRET`. Undefined for a word that is to be redacted by itself. */
function besideOthers(words: readonly string[], redact: (text: string) => string): (string | undefined)[] {
  if (words.some((word) => /[\n"'`\\]|^$/.test(word))) return [];
  const line = words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(" ");
  const redacted = redact(line);
  if (redacted === line) return words.map((word) => redact(word));
  const parts = redacted.match(/"[^"]*"|\S+/g) ?? [];
  if (parts.length !== words.length) return [];
  return parts.map((part, i) => {
    const alone = redact(words[i]!);
    const beside = /\s/.test(words[i]!) ? part.slice(1, -1) : part;
    return beside === words[i] ? alone : beside;
  });
}
