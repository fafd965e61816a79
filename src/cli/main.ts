import fs from "node:fs";
import { exitCode, ScenariologError, usageError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import { parseLine, seeHelp } from "./argv/parse.ts";
import { screenArgs } from "./argv/screen-flags.ts";
import { nameElsewhere } from "./argv/suggest.ts";
import { writeExact } from "./output/streams.ts";
import type { End, Invocation } from "./verb.ts";
import { entryOf, type VerbName, verbs } from "./verbs.ts";
import { VERSION } from "./version.ts";

/** Verbs that end with the code of the program that they run. */
const RUNNERS = new Set(["exec", "record", "cmd"]);

/** Runs the program and returns how it is to end. Never throws: an error becomes one line on stderr. */
export async function main(argv: readonly string[]): Promise<End> {
  let verb: VerbName | undefined;
  try {
    refuseMangled(argv);
    const found = findVerb(argv);
    if (found === undefined) return await withoutVerb(argv);
    verb = found.verb;
    return await runVerb(verb, found.argv);
  } catch (error) {
    (await import("./output/console.ts")).reportError(await withDirectoryHint(withHelpLine(error, verb ?? "")));
    const code = error instanceof ScenariologError ? error.exitCode : exitCode.failure;
    // A step's own code may be 1, so a failure before its start must look different.
    return RUNNERS.has(verb ?? "") && code === exitCode.failure ? exitCode.recorder : code;
  }
}

/** A usage error always shows the way to the help. */
function withHelpLine(error: unknown, verb: string): unknown {
  if (!(error instanceof ScenariologError) || error.code !== "USAGE" || error.hint?.includes("--help")) return error;
  const hint = error.hint ? `${error.hint}; ${seeHelp(verb)}` : seeHelp(verb);
  return new ScenariologError("USAGE", error.message, { hint, cause: error });
}

/** In a deleted directory no relative path exists, and "check that it exists" would be poor advice. */
async function withDirectoryHint(error: unknown): Promise<unknown> {
  const { workingDirectory, withoutNowhere } = await import("../sys/working-directory.ts");
  const isAboutFiles = error instanceof ScenariologError && !["USAGE", "NO_RUN", "NO_STEP"].includes(error.code);
  if (!isAboutFiles || workingDirectory() !== null) return error;
  const hint = "the working directory was deleted: change to another, or give absolute paths";
  return new ScenariologError(error.code, withoutNowhere(error.message), { hint, cause: error });
}

async function runVerb(verb: VerbName, argv: readonly string[]): Promise<End> {
  const command = await entryOf(verb).load();
  const args = typeof command.args === "object" ? (command.args as Record<string, never>) : {};
  const { flags, positionals, rest, help } = parseLine(verb, { ...args, ...screenArgs }, argv);
  if (flags.color !== "auto" || flags["no-pager"] === true) await wishAs(flags);
  if (help) {
    await (await import("./help/page.ts")).print(await (await import("./help/usage.ts")).usageOf(verb));
    return exitCode.ok;
  }
  const data: Invocation = { positionals, rest, flags };
  const end: End | undefined = await command.run?.({
    rawArgs: [...argv],
    args: { _: positionals, ...flags } as never,
    cmd: command,
    data,
  });
  return end ?? exitCode.ok;
}

/** Throws USAGE for a --color that there is not. */
async function wishAs(flags: Invocation["flags"]): Promise<void> {
  const { valuesOf } = await import("./argv/flag.ts");
  const given = valuesOf(screenArgs, flags);
  (await import("./output/screen.ts")).wish({ colour: given.color, pager: !given["no-pager"] });
}

/** The verb that the first words name, and the words after it; undefined if the first word is a flag or missing. */
function findVerb(argv: readonly string[]): { verb: VerbName; argv: readonly string[] } | undefined {
  const [first, second] = argv;
  if (first === undefined || first.startsWith("-")) return undefined;
  if (Object.hasOwn(verbs, first)) return { verb: first as VerbName, argv: argv.slice(1) };
  const pair = `${first} ${second}`;
  if (Object.hasOwn(verbs, pair)) return { verb: pair as VerbName, argv: argv.slice(2) };
  const group = Object.keys(verbs).filter((name) => name.startsWith(`${first} `));
  if (group.length === 0) throw usageError(`unknown verb ${JSON.stringify(first)}`, hintFor(first));
  if (second === "--help" || second === "-h") return { verb: "help", argv: [first] };
  const choices = group.map((name) => name.slice(first.length + 1));
  const list = choices.join(" or ");
  if (second === undefined || second.startsWith("-")) {
    const elsewhere = nameElsewhere(first);
    const meant = elsewhere === undefined ? "" : `did you mean scenariolog ${elsewhere}? `;
    throw usageError(`${first} needs a verb after it: ${list}`, meant + seeHelp(first));
  }
  const near = nearest(second, choices);
  const hint = near === undefined ? seeHelp(first) : `did you mean ${first} ${near}? ${seeHelp(first)}`;
  throw usageError(`unknown verb ${JSON.stringify(pair)}; ${first} takes ${list}`, hint);
}

/** What the user may have meant: another tool's word for it, or a word with a slip in it. */
function hintFor(word: string): string {
  const meant = Object.hasOwn(verbs, word) ? undefined : (nameElsewhere(word) ?? nearest(word, Object.keys(verbs)));
  return meant === undefined ? seeHelp("") : `did you mean scenariolog ${meant}? ${seeHelp("")}`;
}

async function withoutVerb(argv: readonly string[]): Promise<number> {
  const { flags, help } = parseLine("", { version: { type: "boolean", alias: "V" }, ...screenArgs }, argv);
  if (flags.color !== "auto" || flags["no-pager"] === true) await wishAs(flags);
  if (flags.version && !help) writeExact(`scenariolog version ${VERSION}\n`);
  else await (await import("./help/page.ts")).print(await (await import("./help/usage.ts")).overview());
  return exitCode.ok;
}

/** Bun decodes arguments as text, which loses bytes that are not UTF-8, while a step must get them exactly. */
function refuseMangled(argv: readonly string[]): void {
  if (process.platform !== "linux" || !argv.some((arg) => arg.includes("\ufffd"))) return;
  const raw = fs.readFileSync("/proc/self/cmdline");
  if (Buffer.from(raw.toString("utf8")).equals(raw)) return;
  throw usageError("an argument is not valid UTF-8", "pass such bytes in a file or a variable instead");
}
