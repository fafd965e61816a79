import { createConsola, LogLevels } from "consola/core";
import { reasonOf, ScenariologError, systemCode } from "../../errors.ts";
import { visible } from "../../render/text.ts";
import { writeErr } from "./streams.ts";

const PREFIX: Partial<Record<string, string>> = {
  error: "Error: ",
  warn: "[scenariolog] warning: ",
  info: "[scenariolog] note: ",
};

/** consola's core with our own reporter: the one that comes with it touches process.stderr (see streams.ts). */
const consola = createConsola({
  level: LogLevels.info,
  throttle: 0,
  reporters: [
    {
      // Names and paths may hold anything, which must neither break the line nor reach the terminal raw.
      log: ({ type, args }) => writeErr(`${PREFIX[type] ?? ""}${args.map((arg) => visible(String(arg))).join(" ")}\n`),
    },
  ],
});

export function note(text: string): void {
  consola.info(text);
}

export function warn(text: string): void {
  consola.warn(text);
}

/** One line says what went wrong, one what to do. A defect shows its stack trace only if SCENARIOLOG_DEBUG asks for it. */
export function reportError(error: unknown): void {
  if (error instanceof ScenariologError) {
    consola.error(error.message);
    if (error.hint) hint(error.hint);
    return;
  }
  const code = systemCode(error);
  if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) {
    // The system refused something that no code further down has words for.
    const { syscall, path } = error as NodeJS.ErrnoException;
    const what = path === undefined ? "" : ` ${JSON.stringify(path)}`;
    consola.error(`cannot ${syscall ?? "go on"}${what}: ${reasonOf(error)}`);
    if (!process.env.SCENARIOLOG_DEBUG) return;
  } else consola.error(`scenariolog has a defect: ${error instanceof Error ? error.message : String(error)}`);
  if (process.env.SCENARIOLOG_DEBUG && error instanceof Error) writeErr(`${error.stack}\n`);
  else hint("please report it; SCENARIOLOG_DEBUG=1 shows where");
}

function hint(text: string): void {
  consola.log(`  ${text}`);
}
