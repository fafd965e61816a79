import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A step that writes down its own start and end in a file: its caller sees both later. It runs in the same way in a recorder
 * and in a pipeline of the shell.
 */
export class ChildClock {
  readonly #file: string;

  constructor(dir: string) {
    this.#file = join(dir, "child-clock");
  }

  /** `command` is for the shell. The file's name is an argument, so that it needs no quoting. */
  step(command: string): string[] {
    return ["sh", "-c", this.script(command), "sh", this.#file];
  }

  /** The text that {@link step} gives to the shell, which finds the file's name in $1. */
  script(command: string): string {
    return `began=$(date +%s%N); ${command}; echo "$began $(date +%s%N)" >"$1"`;
  }

  /** Arguments of a shell that runs {@link script} as a part of something else. */
  get arguments(): string[] {
    return ["sh", this.#file];
  }

  durationMs(): number {
    const { began, ended } = this.#read();
    return ended - began;
  }

  /** Milliseconds since the step's end. */
  sinceEndMs(): number {
    const now = performance.timeOrigin + performance.now();
    return now - this.#read().ended;
  }

  #read(): { began: number; ended: number } {
    const [began, ended] = readFileSync(this.#file, "utf8")
      .trim()
      .split(" ")
      .map((ns) => Number(ns) / 1e6);
    return { began: began!, ended: ended! };
  }
}
