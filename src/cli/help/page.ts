import { isatty } from "node:tty";

/** A fenced or indented block of code, with the line ends around it. */
const CODE = /^```[^\n]*\n([\s\S]*?)^```\n|((?:^ {4}[^\n]*\n|^\n(?= {4}))+)/gm;

/**
 * A page of Markdown as it is to be printed: in colour on a terminal, unless NO_COLOR or TERM=dumb says otherwise; as
 * it was written in a pipe or a file.
 */
export function shown(markdown: string): string {
  // Asked of the descriptor: process.stdout is not to be touched (see streams.ts).
  if (!isatty(1)) return markdown;
  return onTerminal(markdown, { colors: coloured() });
}

/** Whether our output is in colour: on a terminal, unless NO_COLOR or TERM=dumb says otherwise. */
export function coloured(): boolean {
  return isatty(1) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Code is indented and nothing more, so that it can be copied: Bun would draw a box around it. */
export function onTerminal(markdown: string, options: { colors: boolean }): string {
  const parts: string[] = [];
  const prose = (text: string) => {
    if (text.trim() !== "") parts.push(Bun.markdown.ansi(text, options).replace(/^\n+/, "").trimEnd());
  };
  let start = 0;
  for (const match of markdown.matchAll(CODE)) {
    prose(markdown.slice(start, match.index));
    const [block, fenced] = match;
    parts.push((fenced?.replace(/^(?=.)/gm, "    ") ?? block.replace(/^\n+/, "")).trimEnd());
    start = match.index + block.length;
  }
  prose(markdown.slice(start));
  return `${parts.join("\n\n")}\n`;
}
