import { terminalColumns } from "./terminal-size.ts";

/** Where it is not known. */
const USUAL_COLUMNS = 80;

/** A terminal that is on one of our descriptors. */
export interface Terminal {
  /** As it is now: a window may be resized. */
  columns(): number;
}

/** Null when the descriptor is no terminal. Asked of the kernel: node:tty takes 5 ms to load. */
export async function terminalOn(fd: number): Promise<Terminal | null> {
  const fallback = Number(process.env.COLUMNS) || USUAL_COLUMNS;
  const now = terminalColumns(fd);
  if (now === undefined) return (await import("node:tty")).isatty(fd) ? { columns: () => fallback } : null;
  return now === null ? null : { columns: () => terminalColumns(fd) || fallback };
}

/** Whether lines may be redrawn there. In CI a terminal is a log file in disguise. */
export function mayRedraw(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return environment.TERM !== "dumb" && !isSet(environment.CI);
}

/** https://no-color.org */
export function mayColour(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return environment.TERM !== "dumb" && (environment.NO_COLOR ?? "") === "";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}
