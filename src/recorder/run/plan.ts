import fs from "node:fs";
import path from "node:path";
import { ScenariologError, systemCode, usageError } from "../../errors.ts";
import { saysIndependent } from "./independence.ts";
import { type ScriptFile, scriptFileAt } from "./script-file.ts";
import { isTestLike } from "./test-like.ts";

/** A script that `record` is to run as a step. */
export interface PlannedStep {
  readonly num: number;
  readonly name: string;
  /** The file as the user named it, or as it was found; bytes of its name that are not UTF-8 are replaced. */
  readonly script: string;
  /** The words that run it. If it cannot be run, starting them says why. */
  readonly argv: readonly [string, ...string[]];
  /** Whether the script says that it needs no other step and disturbs none. */
  readonly independent: boolean;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** Files that were found, and are not steps. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly file: string;
  readonly why: string;
  /** Its name is that of a step, so that leaving it out may be a mistake. */
  readonly looksLikeStep: boolean;
}

/** `07-status.sh`, `007_status`, `7.status.py`, `7 status`: the number and the name. */
const NUMBERED = /^[- ]*(\d+)[-_. ]+(.*)$/s;
/** Copies that editors and patches leave beside a script, executable like the script. */
const LEFTOVER = /~$|\.(?:bak|orig|rej|sw[op]|tmp)$/;
const GLOB = /[*?[{]/;

/**
 * The steps that scripts, directories and globs name, in order. Throws USAGE for an operand that does not exist, a directory
 * without steps, and a named file that nobody means to run. A script that cannot be run is a step, which will fail.
 */
export function planOf(operands: readonly string[]): Plan {
  const leftOut: LeftOut[] = [];
  const scripts = operands.flatMap((operand) => scriptsOf(operand, leftOut));
  return { steps: numbered(scripts), leftOut };
}

/** A file, with the bytes of its path and the text that is shown for it. */
class Found {
  readonly shown: string;
  /** Without directories. */
  readonly name: string;
  #script: ScriptFile | undefined;

  constructor(readonly bytes: Buffer) {
    this.shown = bytes.toString("utf8");
    this.name = path.basename(this.shown);
  }

  /** The file is read once, and only if somebody asks. */
  get script(): ScriptFile {
    this.#script ??= scriptFileAt(this.bytes);
    return this.#script;
  }

  get isNumbered(): boolean {
    return NUMBERED.test(this.name);
  }
}

type Step = Found & { readonly script: ScriptFile & { kind: "step" } };

function isStep(found: Found): found is Step {
  return found.script.kind === "step";
}

function scriptsOf(operand: string, leftOut: LeftOut[]): Step[] {
  if (isThere(operand)) {
    const found = new Found(Buffer.from(operand));
    if (isStep(found)) return [found];
    if (found.script.kind === "directory") return scriptsIn(operand, leftOut);
    throw usageError(
      `${operand} cannot be run: ${whyNot(found)}`,
      `give it a #! line, or make it executable: chmod +x ${operand}`,
    );
  }
  if (GLOB.test(operand)) return scriptsMatching(operand, leftOut);
  throw usageError(`there is no ${operand}`, "a step is a script, a directory of NN-* scripts, or a glob");
}

/** A dangling link exists. */
function isThere(file: string): boolean {
  try {
    fs.lstatSync(file);
    return true;
  } catch (error) {
    return !["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCode(error) ?? "");
  }
}

/** The numbered files of a directory; if it has none, the files that are tests by their names. */
function scriptsIn(dir: string, leftOut: LeftOut[]): Step[] {
  const all = entriesOf(dir);
  const files = all.filter(({ name }) => !name.startsWith("."));
  const hidden = all.filter(({ name }) => /^\.\d/.test(name) && !LEFTOVER.test(name));
  const numbered = files.filter((file) => file.isNumbered);
  // A numbered directory does not make its neighbours helpers.
  const hasNumbers = numbered.some((file) => !LEFTOVER.test(file.name) && isStep(file));
  const wanted = hasNumbers
    ? numbered
    : files.filter(
        (file) => isTestLike(file.name) && (!isStep(file) || file.script.runnable || file.script.head === ""),
      );
  const steps = chosen(wanted, leftOut);
  if (steps.length === 0) throw noSteps(dir, files);
  const why = hasNumbers ? "no number" : "not a test by its name, or no way to run it";
  const others = files.filter((file) => !wanted.includes(file) && file.script.kind !== "directory");
  leftOut.push(...others.map((file) => left(file, why)), ...hidden.map((file) => left(file, "hidden")));
  return steps;
}

/** The steps among files, in order; the other files are added to `leftOut`. */
function chosen(files: readonly Found[], leftOut: LeftOut[]): Step[] {
  const [copies, originals] = partition(files, ({ name }) => LEFTOVER.test(name));
  const steps = originals.filter(isStep).sort((a, b) => byName(a.name, b.name));
  const others = originals.filter((file) => !isStep(file));
  if (steps.length > 0) {
    leftOut.push(...others.map((file) => left(file, whyNot(file), true)));
    leftOut.push(...copies.map((file) => left(file, "an editor's or patch's copy")));
  }
  return steps;
}

function left(file: Found, why: string, looksLikeStep = false): LeftOut {
  return { file: file.shown, why, looksLikeStep };
}

function whyNot({ script }: Found): string {
  return script.kind === "other" ? script.why : "a directory";
}

function noSteps(dir: string, files: readonly Found[]): ScenariologError {
  const message = `${dir} holds no executable NN-* scripts, and nothing that is a test by its name (*.bats, *.t, test_*, *_test)`;
  const runnable = files.filter((file) => !LEFTOVER.test(file.name) && isStep(file) && file.script.runnable);
  if (runnable.length === 0) {
    const scripts = files.filter(isStep).map(({ shown }) => shown);
    return usageError(
      message,
      scripts.length === 0 ? undefined : `make them executable: chmod +x ${scripts.join(" ")}`,
    );
  }
  const ends = Map.groupBy(runnable, ({ name }) => path.extname(name));
  const [end] = [...ends].sort(([, a], [, b]) => b.length - a.length)[0]!;
  const glob = path.join(dir, `*${end}`).replaceAll("'", "'\\''");
  return usageError(message, `to run them all the same, name them: scenariolog record '${glob}'`);
}

function entriesOf(dir: string): Found[] {
  try {
    return namesIn(Buffer.from(dir)).map((name) => new Found(inside(dir, name)));
  } catch (error) {
    throw new ScenariologError("FILE", `${dir} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function namesIn(dir: Buffer): Buffer[] {
  return fs.readdirSync(dir, { encoding: "buffer" }).map((name) => Buffer.from(name));
}

/** Does what path.join does, for a name that need not be UTF-8. */
function inside(dir: string, name: Buffer): Buffer {
  const place = path.join(dir, "x").slice(0, -1);
  return Buffer.concat([Buffer.from(place), name]);
}

function scriptsMatching(glob: string, leftOut: LeftOut[]): Step[] {
  const matches = new Set(new Bun.Glob(glob).scanSync({ onlyFiles: false, followSymlinks: true }));
  const files = [...matches].flatMap(withBytes).filter(({ script }) => script.kind !== "directory");
  if (files.length === 0) throw usageError(`nothing matches ${glob}`);
  const found = chosen(files, leftOut);
  if (found.length === 0) throw usageError(`nothing that matches ${glob} can be run`, "give it a #! line, or chmod +x");
  const dirOf = ({ shown }: Found) => path.dirname(shown);
  return found.sort((a, b) => byVersion(dirOf(a), dirOf(b)) || byName(a.name, b.name));
}

/** A glob gives names as text: a name that is not UTF-8 is looked up by the text that is shown for it. */
function withBytes(match: string): Found[] {
  if (!match.includes("\ufffd") || isThere(match)) return [new Found(Buffer.from(match))];
  let found = [Buffer.alloc(0)];
  for (const part of match.split(/(?<=\/)/)) {
    const name = part.replace(/\/$/, "");
    const end = Buffer.from(part.slice(name.length));
    found = found.flatMap((dir) => namedIn(dir, name).map((bytes) => Buffer.concat([dir, bytes, end])));
  }
  return found.map((bytes) => new Found(bytes));
}

/** The bytes of all names in a directory ("" is the current one) that are shown as this text. */
function namedIn(dir: Buffer, name: string): Buffer[] {
  if (!name.includes("\ufffd")) return [Buffer.from(name)];
  return namesIn(dir.length === 0 ? Buffer.from(".") : dir).filter((bytes) => bytes.toString("utf8") === name);
}

/** 2-x before 10-x, and files without a number last, by name. */
function byName(a: string, b: string): number {
  const [first, second] = [NUMBERED.exec(a), NUMBERED.exec(b)];
  if (first && second) return Number(first[1]) - Number(second[1]) || byVersion(a, b);
  return first ? -1 : second ? 1 : byVersion(a, b);
}

/** Sorts as a shell in the C locale does, the same everywhere, but numbers by their value: t2 before t10. */
function byVersion(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [one, other] = [left[i]!, right[i]!];
    const order = i % 2 === 0 ? compare(one, other) : Number(one) - Number(other);
    if (order !== 0) return order;
  }
  return left.length - right.length || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function partition<T>(all: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((item) => !test(item))];
}

/**
 * If every file has a number of its own, these are the steps' numbers; else each step's number is its place. A mixture would
 * give two steps the same number.
 */
function numbered(scripts: readonly Step[]): PlannedStep[] {
  const own = scripts.map(({ name }) => Number(NUMBERED.exec(name)?.[1] ?? Number.NaN));
  const ownCount = new Set(own.filter(Number.isSafeInteger)).size === scripts.length;
  return scripts.map(({ name, shown, script }, i) => ({
    num: ownCount ? own[i]! : i + 1,
    name: nameOf(name),
    script: shown,
    argv: script.argv,
    independent: saysIndependent(script.head),
  }));
}

function nameOf(file: string): string {
  const rest = NUMBERED.exec(file)?.[2] || file;
  return path.parse(rest).name || file;
}
