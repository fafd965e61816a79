import { isHarmless, looksDrawn } from "./harmless.ts";
import { byExpression, type Finder } from "./spans.ts";
import { valueAt } from "./value.ts";

const SCHEME = `(?:basic|bearer|token|digest|negotiate|ntlm|apikey|bot|oauth|aws4-hmac-sha256|splunk|key)`;

/** `Authorization: Basic …`, as a header, in JSON, or as an argument; Digest and the like to the end of the header. */
const authorization = byExpression(
  ["authoriz"],
  () =>
    new RegExp(
      String.raw`\b(?:proxy-|x-)?authoriz?ation\\{0,7}["']?[ \t]{0,8}(?:[:=]|=>|,)[ \t]{0,8}\\{0,7}["']?(?:(?:digest|oauth|aws4-hmac-sha256)[ \t]{1,4}([^\n\r'\\]{4,4096})|${SCHEME}[ \t:]{1,4}([^\s"'\\,;]{2,4096})|([^\s"'\\,;]{4,4096}))`,
      "i",
    ),
  (found, [, rest, credentials]) =>
    rest !== undefined || credentials !== undefined ? !isHarmless(found) : !isHarmless(found) && looksDrawn(found),
);

/** Without the header's name: "sent Bearer abc123". */
const bearer = byExpression(
  ["bearer"],
  () => /\bbearer\\{0,7}["']?(?:[ \t]{1,4}|:[ \t]{0,4}|%20|\+)((?=[\w.~+/=-]{0,512}\d)[\w.~+/=-]{6,4096})/i,
  (found) => !isHarmless(found),
);

/** The password in `scheme://user:password@host`, or a token that stands for the user. */
const passwords = byExpression(
  ["://", ":\\/", ":\\\\/", "%3a%2f%2f"],
  () => /:\/\/(?:[^\s/:@?#"'<>\\]{0,256}:([^\s/"'<>\\]{1,256})@|([^\s/:@?#"'<>\\]{20,512})@)(?:[^\s/:?#"'<>]{0,256})/,
  (found, [all, password]) => {
    if (password === undefined) return /\d/.test(found) && /^[\w.~-]+$/.test(found);
    const user = all.slice(3, all.indexOf(":", 3));
    const host = all.slice(4 + user.length + found.length + 1);
    // localhost:8080@2x.png
    if (/^\d{1,5}$/.test(found) && (/^\dx\b/.test(host) || /\./.test(user) || user === "localhost")) return false;
    return found !== user && !NO_PASSWORD.test(found);
  },
);
const NO_PASSWORD = /^[*.x]+$|^\$[\w{(]|^<|^%[A-Z_]+%$|^\{|^\[|^(?:password|pass|passwd|pwd)$/;

const inUrl: Finder = { ...passwords, needs: ["@", "%40"] };

/** Values of cookies, one by one. */
const cookies: Finder = {
  hints: ["cookie", " -b "],
  find: (text, onFound) => {
    const header =
      /\b(set-)?cookie2?\\{0,7}["']?[ \t]{0,8}(?:[:=]|,)[ \t]{0,8}\\{0,7}["']?|(?:--cookie|-b)[ =]["']?(?=[\w.-]{1,64}=)/gi;
    const pair = /[ \t]*([\w!#$%&'*+.^`|~-]{1,128})=([^\s;"'\\]{1,4096})(?:;|(?=[\s"'\\]|$))/y;
    for (let match = header.exec(text); match !== null; match = header.exec(text)) {
      pair.lastIndex = header.lastIndex;
      for (let found = pair.exec(text); found !== null; found = pair.exec(text)) {
        const [all, name, value] = found as unknown as [string, string, string];
        header.lastIndex = pair.lastIndex;
        const start = found.index + all.indexOf("=") + 1;
        if (isSecretCookie(name, value)) onFound(start, start + value.length);
        // Attributes follow in the one, nothing in the other.
        if (match[1] !== undefined || !all.endsWith(";")) break;
      }
    }
  },
};

function isSecretCookie(name: string, value: string): boolean {
  if (isHarmless(value) || /^(?:path|domain|expires|max-age|samesite|priority)$/i.test(name)) return false;
  return (
    value.length >= 16 || looksDrawn(value) || /sess|sid|auth|token|jwt|csrf|xsrf|key|login|remember|^id$/i.test(name)
  );
}

/** Headers whose names say that a secret follows, where `namedValues` does not know them. */
const others: Finder = {
  hints: ["x-amz-", "x-goog-", "x-vault-", "sharedaccess"],
  find: (text, onFound) => {
    const name =
      /\b(?:x-amz-(?:security-token|signature|credential)|x-goog-signature|x-vault-token|sharedaccess(?:key|signature))\\{0,7}["']?[ \t]{0,4}[:= ][ \t]{0,4}/gi;
    for (let match = name.exec(text); match !== null; match = name.exec(text)) {
      const value = valueAt(text, name.lastIndex);
      if (value && !isHarmless(value.text)) onFound(value.start, value.end);
    }
  },
};

export const headers: readonly Finder[] = [authorization, bearer, inUrl, cookies, others];
