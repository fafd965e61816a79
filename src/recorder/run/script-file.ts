import fs from "node:fs";
import path from "node:path";
import { isRunnableFile } from "../../capture/locate.ts";

/** What a file that was named or found is. */
export type ScriptFile =
  /** `argv` runs it. If it cannot be run, starting it says why: 126 or 127. */
  | {
      readonly kind: "step";
      readonly argv: readonly [string, ...string[]];
      /** Its beginning, as Latin-1; "" if it cannot be read. */
      readonly head: string;
      /** Whether it will start, as far as its mode and first line tell. */
      readonly runnable: boolean;
    }
  | { readonly kind: "directory" }
  /** Nobody means to run it. */
  | { readonly kind: "other"; readonly why: string };

/** Programs that run a file without a `#!` line, by the end of its name. */
const INTERPRETERS: Readonly<Record<string, string>> = { ".sh": "bash", ".bash": "bash", ".bats": "bats" };
/** Endings that only scripts have: such a file is meant to be run, even if nothing says by which program. */
const SCRIPT_ENDS = new Set([
  ...[
    ".sh",
    ".bash",
    ".bats",
    ".zsh",
    ".ksh",
    ".fish",
    ".t",
    ".py",
    ".pl",
    ".rb",
    ".js",
    ".mjs",
    ".ts",
    ".php",
    ".lua",
  ],
  ...[".tcl", ".exp", ".awk"],
]);
/** As much as the kernel reads of a `#!` line, and more than the ten lines that may hold scenariolog's mark. */
const HEAD_BYTES = 4096;

/**
 * Finds out how a file is run: directly if it is executable, else by its `#!` line, else by bash if its name ends in `.sh` or
 * `.bash`. `file` is the path in bytes, as a name need not be UTF-8.
 */
export function scriptFileAt(file: Buffer): ScriptFile {
  const asItIs = (head: string, runnable: boolean): ScriptFile => {
    return { kind: "step", argv: commandOf([], file), head, runnable };
  };
  const stat = statOf(file);
  // A dangling link, or a file that may not be looked at: starting it says so.
  if (stat === null) return asItIs("", false);
  if (stat.isDirectory()) return { kind: "directory" };
  if (!stat.isFile()) return { kind: "other", why: "not a regular file" };
  const head = headOf(file);
  const runnable = isRunnableFile(file);
  if (head === null) return asItIs("", runnable);
  const interpreter = interpreterOf(head) ?? byName(file, head);
  if (runnable && (interpreterOf(head) !== null || interpreter === null)) return asItIs(head, true);
  if (interpreter !== null) return { kind: "step", argv: commandOf(interpreter, file), head, runnable: true };
  if (SCRIPT_ENDS.has(endOf(file)) || isProgram(head)) return asItIs(head, false);
  return { kind: "other", why: "neither an x bit nor a #! line" };
}

/** The words that a kernel would start for a `#!` line: the program, and the rest of the line as one argument. */
function interpreterOf(head: string): string[] | null {
  const line = /^#![ \t]*([^\s]+)[ \t]*(.*)/.exec(head);
  if (line === null) return null;
  const [program, argument] = [utf8(line[1]!), utf8(line[2]!.trimEnd())];
  return argument === "" ? [program] : [program, argument];
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

function byName(file: Buffer, head: string): string[] | null {
  const program = INTERPRETERS[endOf(file)];
  return program === undefined || head.includes("\0") ? null : [program];
}

/** ELF, Mach-O, PE: whoever numbers a program wants it to run, and to hear that the x bit is missing. */
function isProgram(head: string): boolean {
  return /^(?:\x7fELF|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe|MZ)/.test(head);
}

function endOf(file: Buffer): string {
  return path.extname(file.toString("latin1")).toLowerCase();
}

/** With a slash in it: a bare name would be looked for on PATH, and one that begins with a dash be taken for a flag. */
function wordOf(file: Buffer): string {
  const text = file.toString("utf8");
  return text.includes("/") || text.includes(path.sep) ? text : `.${path.sep}${text}`;
}

/**
 * The words that run `file`, after those of its interpreter. A name that is not UTF-8 cannot be passed as a word: then a
 * shell makes its bytes from octal escapes, and becomes the script. Words that are added go to the script.
 */
function commandOf(interpreter: readonly string[], file: Buffer): readonly [string, ...string[]] {
  if (isUtf8(file)) return [...interpreter, wordOf(file)] as unknown as readonly [string, ...string[]];
  const names = interpreter.map((_, i) => `_scenariolog_${i}`);
  const script = [
    '_scenariolog_file=$(printf "%b." "$1"); shift',
    ...names.map((name) => `${name}=$1; shift`),
    `exec ${names.map((name) => `"$${name}" `).join("")}"\${_scenariolog_file%.}" "$@"`,
  ].join("; ");
  return ["sh", "-c", script, "sh", escapesOf(bytesWithSlash(file)), ...interpreter];
}

function bytesWithSlash(file: Buffer): Buffer {
  return file.includes("/") ? file : Buffer.concat([Buffer.from("./"), file]);
}

function escapesOf(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\0${byte.toString(8).padStart(3, "0")}`,
    )
    .join("");
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}

function statOf(file: Buffer): fs.Stats | null {
  try {
    return fs.statSync(file);
  } catch {
    return null;
  }
}

/** The beginning of a file, as Latin-1; null if it cannot be read. */
function headOf(file: Buffer): string | null {
  try {
    const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(HEAD_BYTES);
      return buffer.toString("latin1", 0, fs.readSync(fd, buffer));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}
