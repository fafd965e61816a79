import fs from "node:fs";
import path from "node:path";

/** Whether a step is bash's, and may be traced without its noticing. */
export type TracePlan =
  | { readonly descriptors: readonly [number, number]; readonly pipefail: boolean }
  | { readonly off: string };

/** Programs that start another one with the environment as it is. Of their flags none takes a value of its own. */
const WRAPPERS = new Set(["env", "nice", "nohup", "setsid", "stdbuf", "time", "timeout", "ionice", "chrt"]);
const SOURCE_FILES = 60;
const SOURCE_BYTES = 4 << 20;
/** Options of bash that change nothing for us. `-v` would print our own lines, `-x` prints its own. */
const HARMLESS = /^-[ceuhlBETfmbk]+$/;
const LONG_HARMLESS = new Set(["--norc", "--noprofile", "--login"]);
/**
 * What a script would notice a trace by, or lose it to: a trace of its own, a look at its options, a limit on the size of
 * files (which holds for the trace as well), all descriptors closed.
 */
const NOTICES: readonly (readonly [RegExp, string])[] = [
  [/\bset[ \t]+(?:(?!--?[ \t])[-+]\w+[ \t]+|\w+[ \t]+)*-[a-wyzA-Z]*x/, "it traces itself (set -x)"],
  [/\bset[ \t]+(?:[-+]\w*[ \t]+)*["']?[-+]?\w*[$`]/, "it sets options that are not written down (set $…)"],
  [/\bxtrace\b|\bSHELLOPTS\b|\$-|\$\{-/, "it looks at the shell's options"],
  [/\bBASH_XTRACEFD\b|\bPS4\b/, "it uses PS4 or BASH_XTRACEFD"],
  [/\bulimit\b/, "it sets limits (ulimit)"],
  [/\/proc\/(?:self|\$\$|\$\{?BASHPID\}?)\/fd|\/dev\/fd\/?(?=["'\s)*]|$)/m, "it looks at its open files"],
  [/\bset[ \t]+-o[ \t]+posix\b|\bPOSIXLY_CORRECT\b/, "it runs in posix mode"],
];
/** `[ -n "$DEBUG" ] && set -x`, `if [[ "${TRACE-0}" == "1" ]]; then set -o xtrace`: a trace on demand, by a variable. */
const ON_DEMAND =
  /\[\[?[ \t]+(-n[ \t]+)?["']?\$\{?([A-Za-z_]\w*)(?::?-([\w]*))?\}?["']?(?:[ \t]+==?[ \t]+["']?(\w+)["']?)?[ \t]+\]\]?[ \t]*(?:&&|;?\s*then)\s+set[ \t]+(?:-\w*x\w*|-o[ \t]+xtrace)(?![\w-])/g;
/** `. file` and `source file`, as a command. */
const SOURCES =
  /(?:^|[;&|({!]|\b(?:then|do|else|if|while|until|builtin|command))[ \t]*(?:\.|source)[ \t]+(?:--[ \t]+)?("(?:\$\((?:[^()\n]|\([^()\n]*\))*\)|[^"\\\n]|\\.)*"|(?:\$\([^)\n]*\)|[^\s;&|()])+)/gm;

/**
 * Looks at what a step is going to run. Whatever would make the trace show, in a script or in what it sources, switches
 * it off: a step's output and behaviour count for more than its trace.
 */
export function tracePlanOf(argv: readonly string[], workDir: string): TracePlan {
  if (process.platform !== "linux") return { off: "only Linux has what a trace needs" };
  for (const name of ["PS4", "SHELLOPTS", "BASH_XTRACEFD", "POSIXLY_CORRECT"])
    if (process.env[name] !== undefined) return { off: `${name} is set in the environment` };
  if (hasFileSizeLimit()) return { off: "the size of files is limited (ulimit -f)" };
  const found = bashScriptOf(argv, workDir, 0);
  if ("off" in found) return found;
  const files = new Map<string, string>();
  const env = process.env.BASH_ENV;
  if (env) {
    if (/[$`\\~]/.test(env)) return { off: "BASH_ENV is not a plain name" };
    if (found.errexit) return { off: "BASH_ENV is set, and the shell is started with -e" };
    const text = read(path.resolve(workDir, env));
    if (text !== null) files.set(path.resolve(workDir, env), text);
  }
  files.set(found.file ?? "", found.text);
  const problem = vet(files, found.file === null ? workDir : path.dirname(found.file), workDir, argv);
  if (problem !== null) return { off: problem };
  const all = [...files.values()].join("\n");
  const descriptors = unusedDescriptors(all);
  return descriptors ? { descriptors, pipefail: found.pipefail } : { off: "it uses many descriptors" };
}

interface BashScript {
  /** Absolute; null for `bash -c`. */
  readonly file: string | null;
  readonly text: string;
  readonly errexit: boolean;
  readonly pipefail: boolean;
}

function bashScriptOf(argv: readonly string[], workDir: string, depth: number): BashScript | { off: string } {
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
  const text = file === null ? null : read(file);
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

/** What follows `bash`. */
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
  // Bash looks in the directory first, then in PATH.
  const here = path.resolve(workDir, operand);
  const file = fs.existsSync(here) ? here : locateScript(operand, workDir);
  const text = file === null ? null : read(file);
  return text === null ? { off: "its script cannot be read" } : { file, text, errexit, pipefail };
}

/** Why not, or null. Adds to `files` what is sourced, as far as that can be told from the text. */
function vet(files: Map<string, string>, scriptDir: string, workDir: string, argv: readonly string[]): string | null {
  let bytes = 0;
  // Variables that have to stay unset.
  const switches = new Set<string>();
  for (const [file, text] of files) {
    bytes += text.length;
    if (files.size > SOURCE_FILES || bytes > SOURCE_BYTES) return "it sources more files than are looked at";
    if (text.includes("\0")) return "it is not a text";
    const code = text.replace(/^[ \t]*#.*$/gm, "").replace(ON_DEMAND, (whole, ...groups) => {
      const [nonEmpty, name, fallback = "", value] = groups as [string | undefined, string, string?, string?];
      const isOff = !process.env[name] && (value === undefined ? fallback === "" : !nonEmpty && fallback !== value);
      if (isOff) switches.add(name);
      return isOff ? "" : whole;
    });
    for (const [pattern, reason] of NOTICES) if (pattern.test(code)) return reason;
    for (const [, word] of code.matchAll(SOURCES)) {
      const candidates = sourcedFiles(word!, [path.dirname(file || path.join(workDir, "-")), scriptDir, workDir]);
      if (candidates.length === 0) return `it sources ${word}, which could not be looked at`;
      for (const candidate of candidates) {
        if (files.has(candidate)) continue;
        const sourced = read(candidate);
        if (sourced === null) return `it sources ${word}, which could not be looked at`;
        files.set(candidate, sourced);
      }
    }
  }
  for (const name of switches) {
    const isSet = new RegExp(
      `\\b${name}\\+?=|\\b(?:read|getopts|printf|for|mapfile|readarray|local|declare|export)\\b[^\\n;]*\\b${name}\\b`,
    );
    if ([argv.join("\n"), ...files.values()].some((text) => isSet.test(text))) return "it may trace itself (set -x)";
  }
  return null;
}

/**
 * The files that the word of a `source` may mean: its literal end is looked for in the directories and above them, after
 * variables of the environment are put in.
 */
function sourcedFiles(word: string, dirs: readonly string[]): string[] {
  const bare = word
    .replace(/["']/g, "")
    .replace(/\$\{?(HOME|PWD|\w+)\}?/g, (whole, name: string) => process.env[name] ?? whole);
  if (!/[$`*?[\]{}<>]/.test(bare)) {
    const file = bare.startsWith("~/") ? path.join(process.env.HOME ?? "/", bare.slice(2)) : bare;
    const found = [...new Set(dirs.map((dir) => path.resolve(dir, file)))].filter(isFile);
    if (found.length > 0 || path.isAbsolute(file)) return found;
  }
  const literal = /[\w.@+,/-]*$/
    .exec(bare)![0]
    .replace(/^[^/]*(?=\/)/, "")
    .replace(/^\/+/, "");
  if (literal === "" || literal.endsWith("/")) return [];
  const found = new Set<string>();
  for (const dir of dirs) {
    for (let at = dir; ; at = path.dirname(at)) {
      const file = path.resolve(at, literal);
      if (isFile(file)) found.add(file);
      if (path.dirname(at) === at) break;
    }
  }
  return [...found];
}

/** Two of which no script says the number, low enough for any limit. */
function unusedDescriptors(text: string): [number, number] | null {
  const free: number[] = [];
  for (let fd = 62; fd > 20 && free.length < 2; fd--) if (!new RegExp(`(?<!\\d)${fd}(?!\\d)`).test(text)) free.push(fd);
  return free.length === 2 ? [free[0]!, free[1]!] : null;
}

function locateScript(program: string, workDir: string): string | null {
  if (program.includes("/")) return path.resolve(workDir, program);
  for (const dir of (process.env.PATH ?? "").split(":")) {
    const file = path.resolve(workDir, dir, program);
    if (isFile(file)) return file;
  }
  return null;
}

/** Null for what is no regular file, cannot be read, or is too large for a script. Latin-1: only its ASCII is looked at. */
function read(file: string): string | null {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile() || stat.size > SOURCE_BYTES) return null;
    const fd = fs.openSync(file, "r");
    try {
      // A program of some megabytes is none, and its first bytes say so.
      const head = Buffer.alloc(Math.min(stat.size, 4096));
      fs.readSync(fd, head, 0, head.length, 0);
      if (head.includes(0)) return null;
      const all = Buffer.alloc(stat.size);
      return all.toString("latin1", 0, fs.readSync(fd, all, 0, all.length, 0));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function hasFileSizeLimit(): boolean {
  try {
    return !/^Max file size\s+unlimited/m.test(fs.readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return true;
  }
}
