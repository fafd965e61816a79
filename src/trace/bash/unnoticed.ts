import path from "node:path";
import { isFile, SOURCE_BYTES, scriptText } from "./script-text.ts";

const SOURCE_FILES = 60;
/**
 * What would make a script notice the trace, or lose it: a trace of its own, a look at its options, a limit on the size of
 * files, which the trace would share, and closing all descriptors.
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
 * Why a script may not be traced; null if it may. Adds to `files` the files that it sources, as far as its text tells them.
 */
export function reasonNotToTrace(
  files: Map<string, string>,
  scriptDir: string,
  workDir: string,
  argv: readonly string[],
): string | null {
  let bytes = 0;
  // Variables that must stay unset.
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
        const sourced = scriptText(candidate);
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
