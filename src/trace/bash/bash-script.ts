import fs from "node:fs";
import path from "node:path";
import { isFile, scriptText } from "./script-text.ts";

/** Programs that start another one in the same environment. None of their flags takes a separate value. */
const WRAPPERS = new Set(["env", "nice", "nohup", "setsid", "stdbuf", "time", "timeout", "ionice", "chrt"]);
/** Options of bash that a trace can bear. `-v` would print the lines of our prelude, `-x` is a trace of its own. */
const HARMLESS = /^-[ceuhlBETfmbk]+$/;
const LONG_HARMLESS = new Set(["--norc", "--noprofile", "--login"]);
/** The script that a command line gives to bash. */
export interface BashScript {
  /** Absolute; null for `bash -c`. */
  readonly file: string | null;
  readonly text: string;
  readonly errexit: boolean;
  readonly pipefail: boolean;
}

/** The script that a command line runs, through wrappers such as `env` and `timeout`; else why there is none to trace. */
export function bashScriptOf(argv: readonly string[], workDir: string, depth = 0): BashScript | { off: string } {
  const [program, ...args] = argv as [string, ...string[]];
  const name = path.basename(program);
  if (depth > 4) return { off: "it is not a bash script" };
  if (name === "bash") return fromArguments(args, workDir);
  if (WRAPPERS.has(name)) {
    // Names, values and durations come before the program.
    const at = args.findIndex((word) => !/^-|^\w+=|^[\d.]+[smhd]?$/.test(word));
    if (
      args.some(
        (word, i) =>
          i < at && /^(?:PS4|SHELLOPTS|BASH\w*|POSIXLY_CORRECT)=|^-[iuS]|^--(?:ignore|unset|split)/.test(word),
      )
    )
      return { off: "its environment is changed on the way" };
    return at < 0 ? { off: "it is not a bash script" } : bashScriptOf(args.slice(at), workDir, depth + 1);
  }
  const file = locateScript(program, workDir);
  const text = file === null ? null : scriptText(file);
  const shebang = text === null ? null : /^#![ \t]*(\S+)(?:[ \t]+(.*?))?[ \t\r]*\n/.exec(text);
  if (!shebang) return { off: "it is not a bash script" };
  const interpreter = path.basename(shebang[1]!);
  const words = (shebang[2] ?? "").split(/[ \t]+/).filter((word) => word !== "");
  const isBash =
    interpreter === "bash" ||
    (interpreter === "env" && (words[0] === "bash" || (words[0] === "-S" && words[1] === "bash")));
  if (!isBash) return { off: "it is not a bash script" };
  const options = interpreter === "bash" ? words : words.slice(words[0] === "-S" ? 2 : 1);
  return fromArguments([...options, file!], workDir);
}

/** Reads what follows `bash`. */
function fromArguments(args: readonly string[], workDir: string): BashScript | { off: string } {
  let errexit = false;
  let pipefail = false;
  let command = false;
  let i = 0;
  for (; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--" || word === "-") {
      i++;
      break;
    }
    if (!/^[-+]/.test(word)) break;
    if (word === "-o" || word === "-eo" || word === "-euo" || word === "-ceuo") {
      const option = args[++i];
      if (option !== "pipefail" && option !== "errexit" && option !== "nounset" && option !== "errtrace")
        return { off: `bash is started with -o ${option}` };
      if (option === "pipefail") pipefail = true;
      if (option === "errexit" || word.includes("e")) errexit = true;
      if (word.includes("c")) command = true;
    } else if (HARMLESS.test(word)) {
      if (word.includes("e")) errexit = true;
      if (word.includes("c")) command = true;
    } else if (!LONG_HARMLESS.has(word)) return { off: `bash is started with ${word}` };
  }
  const operand = args[i];
  if (operand === undefined) return { off: "it reads its script from stdin" };
  if (command) return { file: null, text: operand, errexit, pipefail };
  // Bash looks in the working directory first, then in PATH.
  const here = path.resolve(workDir, operand);
  const file = fs.existsSync(here) ? here : locateScript(operand, workDir);
  const text = file === null ? null : scriptText(file);
  return text === null ? { off: "its script cannot be read" } : { file, text, errexit, pipefail };
}

function locateScript(program: string, workDir: string): string | null {
  if (program.includes("/")) return path.resolve(workDir, program);
  for (const dir of (process.env.PATH ?? "").split(":")) {
    const file = path.resolve(workDir, dir, program);
    if (isFile(file)) return file;
  }
  return null;
}
