import { entryOf, type VerbName, verbs } from "../../src/cli/verbs.ts";
import { Chance } from "./chance.ts";
import { faultOf, shown } from "./judge.ts";
import { listingOf, refill } from "./place.ts";
import type { Cases } from "./runner.ts";

const FILES = [
  ...["runs.db", "go.db", "foreign.db", "empty.db", "garbage.bin", "sub", "fifo", "dangling", "new.db", "nowhere/x.db"],
  ...["", "sub/up/runs.db", "runs.db/x", ":memory:", "file:runs.db?mode=memory", "./-x", "/dev/null", "/proc/self/mem"],
];
const COLUMNS = ["run_id", "step_num", "exit_code", "status", "text", "path", "started_at"];
const FORMATS = ["table", "json", "jsonl", "yaml", "csv", "tsv", "markdown", "html"];
const NUMBERS = ["0", "1", "-1", "10", "9007199254740991", "9007199254740993", "00", "1_000"];

/** Verbs that may write where their flags say. */
const WRITERS = new Set(["init", "run start", "run end", "index fts", "prune", "tag set", "artifact add", "note"]);

/** Codes of verbs that have others than 0, 1 and 2. */
const CODES: ReadonlyMap<string, readonly number[]> = new Map([
  ["exec", [0, 2, 125]],
  // With --failed or --from-failed, and no database that tells which steps those are, no step runs.
  ["record", [0, 1, 2, 125]],
  ["skip", [0, 2, 77]],
]);

/** Any words at all, most of them near to what makes sense. */
export const cases: Cases = ({ seed, dir, template }, call) => {
  refill(dir, template);
  let before = listingOf(dir);
  return async function* (number) {
    const chance = new Chance(seed, number);
    const argv = await argumentsOf(chance);
    setVariables(chance, argv);
    const answer = await call(argv);
    const after = listingOf(dir);
    const mayWrite = WRITERS.has(verbOf(argv)) || argv.some((word) => word.startsWith("--output-file"));
    const wrote = after !== before && (!mayWrite || answer.code === 2);
    const fault = faultOf(answer, CODES.get(argv[0] ?? "")) ?? (wrote ? "writes a file" : undefined);
    yield fault === undefined ? undefined : `${fault}: ${shown(argv)}`;
    if (after === before) return;
    refill(dir, template);
    before = listingOf(dir);
  };
};

function verbOf(argv: readonly string[]): string {
  return Object.hasOwn(verbs, argv[0] ?? "") ? argv[0]! : argv.slice(0, 2).join(" ");
}

async function argumentsOf(chance: Chance): Promise<string[]> {
  const verb = chance.pick(Object.keys(verbs) as VerbName[]);
  const command = await entryOf(verb).load();
  const args = (command.args ?? {}) as Record<string, { type?: string }>;
  const words = verb.split(" ");
  const names = Object.keys(args);
  // Required flags are present more often than not, or every case would be a usage error.
  for (const name of ["db", "run-id", "root-dir", "query", "name", "log-dir"]) {
    if (names.includes(name) && !chance.one(5)) words.push(...flag(chance, verb, name, args[name]!.type));
  }
  for (let n = chance.int(4); n > 0 && names.length > 0; n--) {
    const name = chance.pick(names);
    words.push(...flag(chance, verb, name, args[name]!.type));
  }
  if (verb === "help" || verb === "completion")
    words.push(chance.pick([...Object.keys(verbs), "bash", "schema", chance.text()]));
  if (chance.one(3)) mutate(chance, words);
  if (chance.one(30)) words.splice(0, words.length, ...Array.from({ length: chance.int(5) }, () => chance.text()));
  return harmless(words);
}

/**
 * No program is started in this process: `exec` never gets that far here, `record` only shows what it would do, and `cmd`,
 * which runs its program in any case, is not called.
 */
function harmless(words: readonly string[]): string[] {
  const verb = ["exec", "record"].find((name) => words.includes(name));
  const rest = words.filter((word) => word !== "exec" && word !== "record" && word !== "cmd");
  if (verb === undefined) return rest;
  const dashes = rest.indexOf("--");
  const last = verb === "exec" ? "--db=garbage.bin" : "--dry-run";
  // Two times, as a flag before it may take the first one for its value.
  return [verb, ...rest.toSpliced(dashes < 0 ? rest.length : dashes, 0, last, last)];
}

function flag(chance: Chance, verb: VerbName, name: string, type: string | undefined): string[] {
  if (type === "boolean") return [chance.one(4) ? `--${name}=${chance.text()}` : `--${name}`];
  const value = valueFor(chance, verb, name);
  return chance.one(2) ? [`--${name}=${value}`] : [`--${name}`, value];
}

function valueFor(chance: Chance, verb: VerbName, name: string): string {
  if (chance.one(6)) return chance.text();
  const list = () =>
    Array.from({ length: 1 + chance.int(3) }, () => chance.pick([...COLUMNS, chance.text()])).join(",");
  switch (name) {
    case "db":
      return verb === "exec" ? "garbage.bin" : chance.pick(FILES);
    case "output-file":
      // Not the FIFO: opening it for writing waits for a reader, as a shell's redirection does.
      return chance.pick([...FILES.filter((file) => file !== "fifo" && !file.startsWith("/")), "out.txt"]);
    case "run-id":
      return chance.pick(["latest", "go-run", "g", "2", ""]);
    case "root-dir":
    case "log-dir":
      return chance.pick(["", ".", "sub", "nowhere"]);
    case "output":
      return chance.pick(FORMATS);
    case "kv":
      return chance.pick(["a:b", "@tags.json", "@bad.yaml", "@nowhere.json", `k:${chance.text()}`]);
    case "query":
      return chance.pick(["needle", "line OR error", chance.text()]);
    case "fields":
    case "filter":
    case "reorder-columns":
      return list();
    case "sort-by":
      return `${chance.pick(["", "-"])}${list()}`;
    case "rename":
      return `${chance.pick(COLUMNS)}:${chance.text()}`;
    case "select":
      return chance.pick(COLUMNS);
    case "table-format":
      return chance.pick(["ascii", "markdown", "html"]);
    default:
      return chance.pick([...NUMBERS, chance.text()]);
  }
}

function mutate(chance: Chance, words: string[]): void {
  for (let n = 1 + chance.int(3); n > 0; n--) {
    const at = chance.int(words.length + 1);
    switch (chance.int(6)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, chance.text());
        break;
      case 2:
        words.splice(at, 0, "--");
        break;
      case 3:
        if (at < words.length) words.splice(at, 0, words[at]!);
        break;
      case 4:
        if (at < words.length) words[at] = words[at]!.slice(0, chance.int(words[at]!.length + 1));
        break;
      default:
        if (at < words.length) words[at] = `${words[at]}${chance.text()}`;
    }
  }
}

function setVariables(chance: Chance, argv: readonly string[]): void {
  for (const name of ["DB", "RUN_ID", "ROOT_DIR", "LOG_DIR"]) {
    const variable = `SCENARIOLOG_${name}`;
    if (!chance.one(4)) delete process.env[variable];
    else process.env[variable] = name === "DB" ? chance.pick(FILES) : chance.pick(["latest", "go-run", ".", ""]);
  }
  if (argv[0] === "exec") process.env.SCENARIOLOG_DB = "garbage.bin";
}
