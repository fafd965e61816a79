import { isatty } from "node:tty";
import exitCodes from "./topics/exit-codes.md" with { type: "text" };
import harness from "./topics/harness.md" with { type: "text" };
import local from "./topics/how-to-use-scenariolog-local.md" with { type: "text" };
import schema from "./topics/schema.md" with { type: "text" };
import searchSyntax from "./topics/search-syntax.md" with { type: "text" };

/** Pages of Markdown inside the program. */
const pages = {
  "how-to-use-scenariolog-local": local,
  harness,
  "search-syntax": searchSyntax,
  "exit-codes": exitCodes,
  schema,
} as unknown as Record<string, string>;

export const topics = Object.keys(pages);

export function isTopic(name: string): boolean {
  return Object.hasOwn(pages, name);
}

/** In colour on a terminal, unless NO_COLOR says otherwise; as it was written in a pipe. */
export function renderTopic(name: string): string {
  const page = pages[name]!;
  // Asked of the descriptor: process.stdout is not to be touched (see streams.ts).
  if (!isatty(1)) return page;
  const colors = !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return Bun.markdown.ansi(page, { colors });
}
