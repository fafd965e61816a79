import { isTrivial } from "./harmless.ts";
import type { Finder } from "./spans.ts";

/** Shorter values are words that stand for something else as well. */
const SHORTEST = 6;
/** A scanner need not compare more. */
const HINT_BYTES = 16;
const SECRET_VARIABLE =
  /TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|(?:PRIVATE|ACCESS|ENCRYPTION|SIGNING|ACCOUNT|MASTER|LICENSE|DEPLOY|SSH)_?KEY(?!_?ID)|CREDENTIAL|(?:^|_)(?:PASS|PWD|PW|AUTH)$|PGPASS|CONNECTION_?STRING|COOKIE|WEBHOOK/i;
/** They say where a secret is, or what it is like. */
const ABOUT_SECRET =
  /_(?:FILE|PATH|DIR|TTL|TYPE|LENGTH|EXPIRY|EXPIRES|EXPIRATION|HOST|PORT|ENDPOINT|REGION|USER|USERNAME|NAME)$|^(?:OLD)?PWD$|^SSH_AUTH|^XAUTH|^GIT_ASKPASS$|^SSH_ASKPASS$/i;
const PATH = /^(?:\.{0,2}\/|~\/|[A-Za-z]:[\\/])[\w.@ -]+(?:[\\/][\w.@ -]+)*$/;
/** `scheme://user:password@host`, alone or in a list. */
const URL_PASSWORD = /:\/\/[^\s/:@?#]{0,256}:([^\s/?#]{1,512})@/g;
const PAIR_PASSWORD = /(?:password|pwd|accountkey|sharedaccesskey)\s?=\s?("[^"]+"|'[^']+'|[^;\s"']+)/gi;
const PARAMETER = /[?&](?:password|token|api_?key|sig|secret|access_token)=([^&\s#]{6,512})/gi;

/** What an environment holds of secrets: the values of variables named like one, and the passwords in addresses. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const values = new Set<string>();
  const isInName = (word: string) =>
    Object.keys(environment).some((name) => `_${name.toLowerCase()}_`.includes(`_${word.toLowerCase()}_`));
  const add = (value: string) => {
    const bare = value.trim();
    // POSTGRES_PASSWORD=postgres
    if (bare.length < SHORTEST || isTrivial(bare) || (/^\w+$/.test(bare) && isInName(bare)) || /^\d{1,8}$/.test(bare))
      return;
    values.add(bare);
  };
  for (const [name, value = ""] of Object.entries(environment)) {
    if (value.length < SHORTEST || name.startsWith("SCENARIOLOG_")) continue;
    for (const pattern of [URL_PASSWORD, PAIR_PASSWORD, PARAMETER]) {
      if (!value.includes(pattern === URL_PASSWORD ? "://" : "=")) continue;
      for (const [, found] of value.matchAll(pattern)) {
        const password = found!.replace(/^(["'])(.*)\1$/, "$2");
        add(password);
        add(decoded(password));
      }
    }
    if (!SECRET_VARIABLE.test(name) || ABOUT_SECRET.test(name) || PATH.test(value)) continue;
    if (/^[a-z][a-z+.-]{1,20}:\/\/[^\s@]+$/i.test(value) && !/WEBHOOK/i.test(name)) continue;
    for (const line of value.split("\n")) if (!/^-----(?:BEGIN|END) /.test(line)) add(line);
  }
  return [...values];
}

/** Finds a value, also as JSON, the shell, an address, base64 or hex spell it. */
export function finderOf(value: string): Finder {
  const forms = formsOf(value);
  return {
    hints: [...new Set(forms.map(hintOf))],
    find: (text, onFound) => {
      for (const form of forms) {
        for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length))
          onFound(at, at + form.length);
      }
    },
  };
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const forms = [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    ascii(json),
    encoded(value),
    percent(value),
    encoded(value).replaceAll("%20", "+"),
    encoded(value).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    value.replaceAll("'", `'\\''`),
    value.replace(/[^\w@%+=:,./-]/g, "\\$&"),
    value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...base64Of(bytes),
  ];
  return [...new Set(forms)].filter((form) => form.length >= 4).sort((a, b) => b.length - a.length);
}

/** In what it is a part of, a value begins at any of three places of a group; the characters at its ends depend on others. */
function base64Of(bytes: Buffer): string[] {
  const inside = [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = padded.length - (padded.length % 3);
    return padded
      .subarray(0, whole)
      .toString("base64")
      .slice(before === 0 ? 0 : before + 1);
  });
  const all = [bytes.toString("base64"), bytes.toString("base64").replace(/=+$/, ""), ...inside].filter(
    (form) => form.length >= 8,
  );
  return [...all, ...all.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function encoded(value: string): string {
  return percent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function percent(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // half of a surrogate pair
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The scanner knows bytes, and ASCII letters of one case. */
function hintOf(form: string): string {
  const bytes = Buffer.from(form).subarray(0, HINT_BYTES).toString("latin1");
  return bytes.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
