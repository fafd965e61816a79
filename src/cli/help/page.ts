import { isatty } from "node:tty";
import { coloured as isColoured, screen, show } from "../output/screen.ts";
import { writeExact } from "../output/streams.ts";

/** A fenced or indented block of code, with the line ends around it. */
const CODE = /^```[^\n]*\n([\s\S]*?)^```\n|((?:^ {4}[^\n]*\n|^\n(?= {4}))+)/gm;

/**
 * Prints a page of Markdown: on a terminal fitted to its width and through a pager if it is longer than the screen; in a
 * pipe or a file as it was written.
 */
export async function print(markdown: string): Promise<void> {
  // Asked of the descriptor: process.stdout is not to be touched (see streams.ts).
  if (!isatty(1)) return writeExact(markdown);
  const { columns, colours } = await screen();
  await show(onTerminal(markdown, { colors: colours, columns }));
}

/** Whether our output is in colour; see output/screen.ts. */
export function coloured(): boolean {
  return isColoured();
}

/** Code is indented and nothing more, so that it can be copied: Bun would draw a box around it. Code is never folded. */
export function onTerminal(markdown: string, options: { colors: boolean; columns: number }): string {
  const parts: string[] = [];
  // Lines of over 100 columns are hard to read, however wide the window is.
  const width = { colors: options.colors, columns: Math.min(options.columns, 100) };
  const prose = (text: string) => {
    if (text.trim() !== "") parts.push(Bun.markdown.ansi(text, width).replace(/^\n+/, "").trimEnd());
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
