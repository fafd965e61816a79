import fs from "node:fs";
import path from "node:path";
import { program, type Result, run } from "../support/program.ts";

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    language: language!,
    code: code!,
    line: markdown.slice(0, index).split("\n").length + 1,
  }));
}

/** A folder to be put on PATH, in which `scenariolog` is the program under test. */
export function folderOnPath(dir: string): string {
  const words = program.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(dir, "scenariolog"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  return dir;
}

/** Runs an example as a reader would who pastes it into a file; it ends at its first failure. */
export async function runScript(code: string, options: { cwd: string; bin: string }): Promise<Result> {
  const script = path.join(options.bin, "example.sh");
  fs.writeFileSync(script, code);
  return run(["bash", "-e", "-o", "pipefail", script], { cwd: options.cwd, env: environment(options.bin) });
}

/** The exit code that an example says it ends with: `# exits with 3`. */
export function exitCodeSaid(code: string): number {
  return Number(/^# exits with (\d+)/m.exec(code)?.[1] ?? 0);
}

/** One command of a ```console block, with what it shows. */
export interface Exchange {
  readonly command: string;
  readonly shown: string;
}

/** `$ command` lines, each with the lines of output that follow it. */
export function exchangesOf(code: string): Exchange[] {
  return code
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), shown: part.slice(end + 1) };
    });
}

/** Types the commands into one shell. Returns what each printed, on both streams, and its exit code. */
export async function typeIn(
  exchanges: readonly Exchange[],
  options: { cwd: string; bin: string },
): Promise<{ printed: string; code: number }[]> {
  // The code is kept in $? for a command `echo $?`.
  const lines = exchanges.map(({ command }) => `${command}\nstatus=$?; printf '\\1%s\\1' $status; (exit $status)`);
  const { stdout } = await run(["bash", "-c", `exec 2>&1\n${lines.join("\n")}`], {
    cwd: options.cwd,
    env: environment(options.bin),
  });
  const parts = stdout.split("\u0001");
  return exchanges.map((_, i) => ({ printed: parts[2 * i] ?? "", code: Number(parts[2 * i + 1] ?? Number.NaN) }));
}

/** What differs from one recording to the next is made equal: run ids, times, durations, directories, and the widths they have. */
export function normalised(text: string): string {
  let durations: number[] = [];
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z-pid-\d+-[0-9a-f]{16}/g, "RUN")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/(duration_ms"?[:=] ?)\d+/g, "$1MS")
    .replace(/\brun [0-9a-f]{8}\b/g, "run ID")
    .replace(/\bafter \d+\.\ds\b/g, "after TIME")
    .replace(/^ {2}cd \S+ &&/gm, "  cd DIR &&")
    .replace(/\[ *\d+\.\d\ds\]| in \d+\.\ds\b/g, "SECONDS")
    .replace(/(why --db \S+) [0-9a-f]{8}$/gm, "$1 RUN")
    .split("\n")
    .map((line) => {
      if (/^\+[-+]+\+$/.test(line)) return line.replace(/-+/g, "-");
      if (!line.startsWith("|")) return line;
      const cells = line.split("|").map((cell) => cell.trim());
      const header = cells.flatMap((cell, i) => (cell === "duration_ms" ? [i] : []));
      if (header.length > 0) durations = header;
      return cells.map((cell, i) => (durations.includes(i) && /^\d+$/.test(cell) ? "MS" : cell)).join("|");
    })
    .join("\n")
    .trimEnd();
}

function environment(bin: string): Record<string, string> {
  return { PATH: `${bin}:${process.env.PATH}` };
}
