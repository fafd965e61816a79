import { commandLines } from "./command-lines.ts";
import { headers } from "./headers.ts";
import { namedValues } from "./named-values.ts";
import { ownTokens } from "./own-tokens.ts";
import { keyBlocks } from "./private-keys.ts";
import { byExpression, type Finder } from "./spans.ts";
import { tokenKeywords, tokenTable } from "./token-table.ts";

const own: readonly Finder[] = [namedValues, ...headers, ...commandLines, ...ownTokens, keyBlocks];
/** Names of what is no secret though a vendor's name and a long number are in it. */
const NO_SECRET =
  /sha\d*\b|digest|commit|revision|\brev\b|hash|checksum|version|uuid|guid|etag|[_-]?id\b|image|integrity/i;

/** Hints of all finders, in the order of their numbers. */
export const defaultHints = (): readonly (readonly string[])[] => [
  ...own.map(({ hints }) => hints),
  ...tokenKeywords.map((keywords) => keywords.split(" ")),
];

/** The same without their numbers. */
export const defaultKeywords = (): readonly string[] => [
  ...own.flatMap(({ hints }) => hints),
  ...tokenKeywords.join(" ").split(" "),
];

const fromTable: (Finder | undefined)[] = [];

/** The finder of a number: one of the table's is made when it is first asked for. */
export function defaultFinder(number: number): Finder {
  if (number < own.length) return own[number]!;
  const row = number - own.length;
  fromTable[row] ??= finderOfRow(row);
  return fromTable[row];
}

function finderOfRow(row: number): Finder {
  table ??= tokenTable();
  const [keywords, flags, source] = table[row]!;
  const isByVendor = source.includes("[ \\t\\w.-]{0,20}[ \\t'\"]{0,3}");
  return byExpression(
    keywords.split(" "),
    () => new RegExp(source, flags),
    isByVendor
      ? (found, [all]) => /\d/.test(found) && !NO_SECRET.test(all.slice(0, all.lastIndexOf(found)))
      : undefined,
  );
}

let table: ReturnType<typeof tokenTable> | undefined;
