import fs from "node:fs";
import path from "node:path";

/** Programs whose first operand is the script that is meant. */
const INTERPRETERS =
  /^(?:env|bash|sh|dash|ash|zsh|ksh|fish|bats|perl|python|ruby|node|deno|bun|php|lua|tclsh|expect|pwsh|Rscript)[\d.]*$/;
/** `07-status.sh`, `7 status`: a number in front, as `record` takes it off. */
const NUMBER = /^[- ]*\d+[-_. ]+(?=.)/;

/** The name of a step that was given none: of the script among its words if there is one, else of its program. */
export function nameOfCommand(argv: readonly [string, ...string[]]): string {
  const script = INTERPRETERS.test(path.basename(argv[0])) ? argv.slice(1).find(isFile) : undefined;
  const { name } = path.parse(script ?? argv[0]);
  return name.replace(NUMBER, "") || name || argv[0];
}

function isFile(word: string): boolean {
  try {
    return !word.startsWith("-") && fs.statSync(word).isFile();
  } catch {
    return false;
  }
}
