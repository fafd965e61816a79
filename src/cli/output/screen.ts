import { isatty } from "node:tty";
import type { TerminalOptions } from "../../render/terminal/table.ts";
import { mayRedraw, terminalOn } from "../../sys/terminal.ts";
import { writeOut } from "./streams.ts";

export type ColourWish = "auto" | "always" | "never";

const wishes: { colour: ColourWish; pager: boolean } = { colour: "auto", pager: true };

/** What --color and --no-pager say; main.ts hands them on before the verb runs. */
export function wish(given: Partial<typeof wishes>): void {
  Object.assign(wishes, given);
}

/**
 * Whether our own output is in colour: as --color says, else as the environment does, in the order in which most programs
 * read it: NO_COLOR (https://no-color.org), FORCE_COLOR and CLICOLOR_FORCE, TERM=dumb and CLICOLOR=0; else on a terminal.
 */
export function coloured(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  if (wishes.colour !== "auto") return wishes.colour === "always";
  const { NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM } = environment;
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "0" && FORCE_COLOR !== "false") return true;
  if (FORCE_COLOR !== undefined) return false;
  if (CLICOLOR_FORCE !== undefined && CLICOLOR_FORCE !== "" && CLICOLOR_FORCE !== "0") return true;
  return isatty(1) && TERM !== "dumb" && CLICOLOR !== "0";
}

/** How an answer is shown on the terminal of our stdout. */
export async function screen(): Promise<TerminalOptions> {
  const terminal = await terminalOn(1);
  return { columns: terminal?.columns() ?? 80, colours: coloured(), nowMs: Date.now() };
}

/**
 * Prints a text for a person, in which nothing but our colours is obeyed by a terminal. A text longer than the screen goes
 * through the pager, if both ends are a terminal and the user did not say --no-pager.
 */
export async function show(text: string): Promise<void> {
  if (wishes.pager && isatty(0) && isatty(1) && mayRedraw()) {
    const rows = (await import("../../sys/terminal-size.ts")).terminalRows(1) ?? 0;
    if (rows > 0 && lineCount(text) >= rows && (await (await import("./pager.ts")).paged(text))) return;
  }
  writeOut(text, "styled");
}

function lineCount(text: string): number {
  return text.split("\n").length - 1;
}
