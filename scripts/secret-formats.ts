/**
 * Generates src/model/redact/token-table.ts from the pinned copy of the gitleaks rules in scripts/secrets/. The rules are
 * for Go's RE2 and for whole files; here they become JavaScript expressions for single lines. Run it after the copy has
 * changed; `--check` only tells whether the table is up to date.
 */
import { join } from "node:path";
import { root, runScript } from "./build/project.ts";

interface GoRule {
  readonly id: string;
  readonly regex?: string;
  readonly keywords?: readonly string[];
}

/** Left out, each with its reason. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "generic-api-key": "generic: named-values.ts knows more about names and values",
  "hashicorp-tf-password": "generic: named-values.ts",
  "curl-auth-header": "headers.ts",
  "curl-auth-user": "command-lines.ts",
  "freemius-secret-key": "named-values.ts",
  "kubernetes-secret-yaml": "needs several lines",
  "nuget-config-password": "named-values.ts",
  "pkcs12-file": "tells of a file name",
  "private-key": "private-keys.ts, also line by line",
  "sourcegraph-access-token": "takes every 40 hexadecimal digits, a git commit too; own-tokens.ts",
  "vault-service-token": "s.… is in minified JavaScript as well; own-tokens.ts",
  "twilio-api-key": "has no boundary; own-tokens.ts",
  jwt: "own-tokens.ts",
  "jwt-base64": "has a hint of two letters too many; own-tokens.ts",
  "slack-webhook-url": "would take out the whole URL; own-tokens.ts",
  "square-access-token": "EAAA is in base64 as well; own-tokens.ts",
  "facebook-access-token": "takes numbers followed by a word",
  "cloudflare-origin-ca-key": "own-tokens.ts",
};

/** Keywords for rules that have none, or too short a one, or one that is missing from lines that the rule finds. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  "azure-ad-client-secret": Array.from({ length: 10 }, (_, digit) => `${digit}q~`),
  "airtable-personnal-access-token": ["airtable"],
};

/** An identifier, or a value that may be published. */
const HARMLESS = /client-id$|-public-key$|pub-key$|publishable|browser-api-token$|user-id$|-api-id$|access-id$/;
/** The beginning of rules that find a value by the vendor's name before it. */
const VENDOR_START = /^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?/;
const VENDOR_MIDDLE = String.raw`(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}`;
const SHORTEST_VENDOR_VALUE = 20;

const target = join(root, "src/model/redact/token-table.ts");

await runScript("secret-formats", async () => {
  const { rules } = Bun.TOML.parse(await Bun.file(join(root, "scripts/secrets/gitleaks.toml")).text()) as unknown as {
    rules: GoRule[];
  };
  const kept: string[] = [];
  const leftOut: string[] = [];
  for (const rule of rules) {
    const row = rowOf(rule);
    if (typeof row === "string") leftOut.push(`${rule.id}: ${row}`);
    else kept.push(`  [${row.map((part) => JSON.stringify(part)).join(", ")}],`);
  }
  const text = [
    "// Long because it is generated, by scripts/secret-formats.ts from scripts/secrets/gitleaks.toml (MIT License,",
    "// Copyright (c) 2019 Zachary Rice; the whole licence is in that file). Do not edit.",
    "",
    "/** Keywords in lower case, separated by blanks, one of which is in every match; flags; a regular expression. */",
    "export type TokenRow = readonly [keywords: string, flags: string, source: string];",
    "",
    "/**",
    " * With a first group, that is the secret; else all that matches is. A function, so that nobody pays for the table who does",
    " * not need it.",
    " */",
    "export const tokenTable = (): readonly TokenRow[] => [",
    ...kept.map((line) => line),
    "];",
    "",
    "/** The keywords of the rows, in their order. */",
    `export const tokenKeywords: readonly string[] = ${JSON.stringify(kept.map((line) => JSON.parse(`[${line.trim().slice(1, -2)}]`)[0]).join("|"))}.split("|");`,
    "",
  ].join("\n");
  const formatted = await format(text);
  console.log(`${kept.length} of ${rules.length} rules; left out:\n  ${leftOut.join("\n  ")}`);
  if (process.argv.includes("--check")) return formatted === (await Bun.file(target).text()) ? 0 : 1;
  await Bun.write(target, formatted);
  return 0;
});

/** A row of the table, or why there is none. */
function rowOf({ id, regex, keywords = [] }: GoRule): [string, string, string] | string {
  if (regex === undefined) return "no expression";
  if (LEFT_OUT[id]) return LEFT_OUT[id];
  if (HARMLESS.test(id)) return "no secret";
  const hints = KEYWORDS[id] ?? keywords;
  if (hints.length === 0 || hints.some((hint) => hint.length < 3)) return "its keyword is too short";
  const vendor = VENDOR_START.test(regex);
  let source = regex.replace(VENDOR_START, "");
  let flags = "";
  if (regex.startsWith("(?i)")) flags = "i";
  source = source.replace(/^\(\?i\)/, "");
  if (vendor) {
    if (!source.includes(VENDOR_MIDDLE)) return "an unusual expression";
    const shortest = shortestOf(source.split(VENDOR_MIDDLE)[1]!);
    if (shortest < SHORTEST_VENDOR_VALUE) return `values of ${shortest} characters are words as well`;
    // Of the separators, "," and ">" are also in prose and in comparisons.
    source = source.replaceAll(
      VENDOR_MIDDLE,
      String.raw`[ \t\w.-]{0,20}[ \t'"]{0,3}(?::{0,3}=|:|=>|\?=)[\x60'"\s=]{0,5}`,
    );
    flags = regex.startsWith("(?i)") || regex.includes("?(?i:[") ? "i" : "";
    source = source.replace(String.raw`(?i:[\w.-]{0,50}?`, "(?:");
  }
  source = inJavaScript(source);
  try {
    new RegExp(source, flags);
  } catch {
    return "cannot be converted";
  }
  return [hints.join(" "), flags, source];
}

/** The end of a token is less strict here: in a log, commas and brackets follow a token as well. */
function inJavaScript(source: string): string {
  return withScopedFlags(source)
    .replaceAll(String.raw`(?:[\x60'"\s;]|\\[nr]|$|\b)`, String.raw`(?!\w)`)
    .replaceAll(String.raw`(?:[\x60'"\s;]|\\[nr]|$)`, String.raw`(?!\w)`)
    .replaceAll("[[:alnum:]]", "[A-Za-z0-9]")
    .replaceAll("(?P<", "(?<")
    .replaceAll(String.raw`\z`, "$")
    .replaceAll(/,\}(?!\?)/g, ",4096}")
    .replaceAll(/([\])])\+/g, "$1{1,256}")
    .replaceAll(/([\])])\*/g, "$1{0,256}")
    .replaceAll(/(\\[dws])\+/g, "$1{1,64}");
}

/** "x(?i)y)" becomes "x(?i:y))": a flag in the middle holds to the end of its group. */
function withScopedFlags(source: string): string {
  const at = source.indexOf("(?i)");
  if (at < 0) return source;
  let depth = 0;
  let end = at + 4;
  for (let inClass = false; end < source.length; end++) {
    const char = source[end]!;
    if (char === "\\") end++;
    else if (inClass) inClass = char !== "]";
    else if (char === "[") inClass = true;
    else if (char === "(") depth++;
    else if (char === ")" && depth-- === 0) break;
  }
  return withScopedFlags(`${source.slice(0, at)}(?i:${source.slice(at + 4, end)})${source.slice(end)}`);
}

/** The sum of the smallest repetitions in an expression without alternatives, roughly. */
function shortestOf(source: string): number {
  return [...source.matchAll(/\{(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** As the project's formatter would write it. */
async function format(text: string): Promise<string> {
  const child = Bun.spawn([process.execPath, "x", "biome", "format", `--stdin-file-path=${target}`], {
    cwd: root,
    stdin: new Blob([text]),
    stdout: "pipe",
    stderr: "inherit",
  });
  return child.stdout.text();
}
