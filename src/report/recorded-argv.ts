import { wordsIn } from "../model/word-list.ts";

/** The program and arguments that a step's tags name. Null if they do not tell; anybody may set one. */
export function argvIn(tags: ReadonlyMap<string, string>): string[] | null {
  const program = tags.get("cmd.argv0");
  const args = wordsIn(tags.get("cmd.args_json") ?? "[]");
  return program && args !== null ? [program, ...args] : null;
}
