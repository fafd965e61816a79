import { ptr } from "bun:ffi";
import { openLibc } from "../../libc.ts";

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
  if (process.platform !== "linux") {
    return (await import("node:tty")).isatty(fd) ? { columns: () => fallback } : null;
  }
  const TIOCGWINSZ = 0x5413;
  // struct winsize: rows, columns, and both in pixels
  const size = new Uint16Array(4);
  const { ioctl } = openLibc({ ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } });
  const ask = () => ioctl(fd, TIOCGWINSZ, ptr(size)) === 0;
  return ask() ? { columns: () => (ask() && size[1]! > 0 ? size[1]! : fallback) } : null;
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
