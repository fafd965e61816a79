import { cleanEnv, program } from "./program.ts";
import { until } from "./started.ts";

/** A program in its own terminal, in which the test types. */
export interface TerminalSession {
  readonly pid: number;
  /** What it printed so far, without carriage returns. */
  output(): string;
  /** Types after `seen` is on the screen; returns the screen. */
  type(keys: string, seen?: string): Promise<string>;
  shows(text: string): Promise<string>;
  /** Hangs up, as closing the terminal window does. */
  hangUp(): void;
  readonly ended: Promise<{ code: number | null; signal: string | number | null }>;
}

export const CTRL_C = "\x03";
export const CTRL_Z = "\x1a";
export const CTRL_BACKSLASH = "\x1c";

/** Starts it as a session leader with a new controlling terminal. */
export function inTerminal(argv: readonly string[], env: Readonly<Record<string, string>> = {}): TerminalSession {
  let screen = "";
  const child = Bun.spawn([...argv], {
    env: { ...cleanEnv, PS1: "$ ", TERM: "dumb", HISTFILE: "", ...env },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_terminal: unknown, bytes: Uint8Array) => {
        screen += Buffer.from(bytes).toString().replaceAll("\r", "");
      },
    },
  });
  const terminal = child.terminal!;
  const shows = (text: string) => until(`${JSON.stringify(text)} in ${screen}`, () => screen.includes(text) && screen);
  return {
    pid: child.pid,
    output: () => screen,
    shows,
    type: async (keys, seen) => {
      if (seen !== undefined) await shows(seen);
      terminal.write(keys);
      return screen;
    },
    hangUp: () => terminal.close(),
    ended: child.exited.then(() => ({ code: child.exitCode, signal: child.signalCode })),
  };
}

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What the program prints on a terminal of 100 by 50, without a pager unless the environment names one. */
export async function onTerminal(args: readonly string[], options: ScreenOptions = {}): Promise<string> {
  const { columns: cols = 100, rows = 50, cwd = "/tmp" } = options;
  const chunks: Uint8Array[] = [];
  const terminal = new Bun.Terminal({ cols, rows, data: (_, data) => void chunks.push(data.slice()) });
  const { NO_COLOR: _, CI: _ci, ...inherited } = cleanEnv;
  const env = { ...inherited, TERM: "xterm-256color", PAGER: "cat", ...options.env };
  const child = Bun.spawn([...program, ...args], { cwd, env, terminal });
  await child.exited;
  // What the kernel still holds comes with the next turns of the loop, late ones on a busy machine.
  for (let size = -1; size !== chunks.length; await Bun.sleep(100)) size = chunks.length;
  terminal.close();
  return Buffer.concat(chunks).toString().replaceAll("\r\n", "\n");
}
