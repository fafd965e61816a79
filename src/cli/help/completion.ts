import { runWords } from "../argv/flags.ts";
import { screenArgs } from "../argv/screen-flags.ts";
import { entryOf, type VerbName, verbs } from "../verbs.ts";
import { isTopic, topics } from "./topics.ts";
import { description, type Flag, flagsOf, shortNameOf } from "./usage.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** A script that completes verbs, flags, and the values of flags with a fixed set; any other value is a file. */
export async function completionScript(shell: (typeof shells)[number]): Promise<string> {
  const all = await Promise.all((Object.keys(verbs) as VerbName[]).map(wordsOf));
  return { bash, zsh, fish }[shell](all);
}

interface Words {
  readonly verb: VerbName;
  readonly flags: readonly FlagWords[];
}

interface FlagWords {
  readonly name: string;
  /** The letter that stands for it. */
  readonly short: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
  /** Every value that the flag takes; empty if it takes any. */
  readonly choices: readonly string[];
}

/** Values that completion offers for flags of verbs that do not say so in the definition yet. */
const OFFERS: Readonly<Record<string, readonly string[]>> = { kind: ["stdout", "stderr"] };

async function wordsOf(verb: VerbName): Promise<Words> {
  const screen = Object.entries(screenArgs).map(([name, def]): Flag => ({ name, def }));
  const flags = [...(await flagsOf(verb)), ...screen].map((flag) => ({
    name: flag.name,
    short: shortNameOf(flag.def),
    description: description(flag),
    takesValue: flag.def.type !== "boolean",
    choices: choicesOf(verb, flag),
  }));
  const help = { name: "help", short: "h", description: "Show help", takesValue: false, choices: [] };
  return { verb, flags: [...flags, help] };
}

function choicesOf(verb: VerbName, { name, def }: Flag): readonly string[] {
  if ("options" in def && def.options) return def.options;
  return def.offers ?? (verb === "artifact add" ? [] : OFFERS[name]) ?? [];
}

/** What may follow the words that are there already: "" is nothing yet, "run" has "start" and "end". */
function nextWords(all: readonly Words[]): [before: string, words: readonly string[]][] {
  const first = [...new Set(all.map(({ verb }) => verb.split(" ")[0]!))];
  const pairs = all.filter(({ verb }) => verb.includes(" ")).map(({ verb }) => verb.split(" ") as [string, string]);
  const second = [...Map.groupBy(pairs, ([group]) => group)].map(([group, members]): [string, string[]] => [
    group,
    members.map(([, member]) => member),
  ]);
  const aboutRun = all.filter(({ verb }) => entryOf(verb).operands === "[RUN]");
  return [
    ["", first],
    ...second,
    ...aboutRun.map(({ verb }): [string, readonly string[]] => [verb, runWords]),
    ["completion", shells],
    ["help", [...Object.keys(topics), ...first]],
    ...second.map(([group, members]): [string, string[]] => [`help ${group}`, members]),
  ];
}

/** The flags of all verbs, one for each name: a name means the same nearly everywhere. The last verb speaks for all. */
function distinctFlags(all: readonly Words[]): FlagWords[] {
  return [...new Map(all.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values()];
}

/** Flags that take other values with this verb than elsewhere. */
function ownChoices(all: readonly Words[]): { verb: VerbName; flag: FlagWords }[] {
  const common = new Map(distinctFlags(all).map(({ name, choices }) => [name, choices.join(" ")]));
  return all.flatMap(({ verb, flags }) =>
    flags.filter(({ name, choices }) => choices.join(" ") !== common.get(name)).map((flag) => ({ verb, flag })),
  );
}

function bash(all: readonly Words[]): string {
  const flags = distinctFlags(all);
  const withChoices = flags.filter(({ choices }) => choices.length > 0);
  const withAnyValue = flags.filter(({ takesValue, choices }) => takesValue && choices.length === 0);
  return `# bash completion for scenariolog; load it with: source <(scenariolog completion bash)
_scenariolog() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} before="" found="" prefix="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      # The step's own command.
      if type _command_offset >/dev/null 2>&1; then _command_offset $((i + 1)); fi
      return
    fi
    before+="\${before:+ }\${COMP_WORDS[i]}"
  done
  # --flag=value arrives as three words in bash, as one in zsh.
  if [[ $current == --*=* ]]; then previous=\${current%%=*} prefix=\${current%%=*}= current=\${current#*=}
  elif [[ $current == = ]]; then current=""
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "$before $previous" in
${ownChoices(all)
  .map(({ verb, flag }) => `    ${words(flag, (word) => `"${verb} "*" ${word}"`)}) ${offerOf(flag.choices)} ;;`)
  .join("\n")}
  esac
  case $previous in
${withChoices.map((flag) => `    ${words(flag)}) ${offerOf(flag.choices)} ;;`).join("\n")}
    ${withAnyValue.map((flag) => words(flag)).join("|")}) return ;;
  esac
  if [[ $current == -* ]]; then
    case "$before " in
      " ") found="--help --version" ;;
${all.map(({ verb, flags }) => `      "${verb} "*) found="${flags.map(({ name }) => `--${name}`).join(" ")}" ;;`).join("\n")}
    esac
  else
    case $before in
${nextWords(all)
  .map(([before, words]) => `      "${before}") found="${words.join(" ")}" ;;`)
  .join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$found" -- "$current"))
}
# If it finds nothing, bash offers files.
complete -o default -F _scenariolog scenariolog
`;
}

/** The flag by each of its names, as a pattern of bash. */
function words({ name, short }: FlagWords, pattern = (word: string) => word): string {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map(pattern).join("|");
}

function offerOf(choices: readonly string[]): string {
  if (choices.length === 0) return "return";
  return `COMPREPLY=($(compgen -P "$prefix" -W "${choices.join(" ")}" -- "$current")); return`;
}

/** zsh runs bash's script, by way of its own bashcompinit. */
function zsh(all: readonly Words[]): string {
  return `#compdef scenariolog
# zsh completion for scenariolog; load it, behind compinit, with: source <(scenariolog completion zsh)
autoload -Uz bashcompinit && bashcompinit
${bash(all).split("\n").slice(1).join("\n")}`;
}

function fish(all: readonly Words[]): string {
  // Each word has its own line: fish runs text in parentheses in a list of words, but not in a description.
  const lines = nextWords(all).flatMap(([before, words]) =>
    words.map(
      (word) =>
        `complete -c scenariolog -n '__scenariolog_at ${before}' -f -a ${word} -d ${quoted(summaryOf(before, word))}`,
    ),
  );
  for (const { verb, flags } of all) {
    for (const { name, short, description, takesValue, choices } of flags) {
      const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : "";
      lines.push(
        `complete -c scenariolog -n '__scenariolog_in ${verb}' -l ${name}${short === undefined ? "" : ` -s ${short}`}${values} -d ${quoted(description)}`,
      );
    }
  }
  return `# fish completion for scenariolog; load it with: scenariolog completion fish | source
# The words so far are these and no others.
function __scenariolog_at
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"
end
# The words so far begin with these, and the step's own command has not begun.
function __scenariolog_in
    set -l words (commandline -opc)
    not contains -- -- $words; and test "$words[2..$(math (count $argv) + 1)]" = "$argv"
end
${lines.join("\n")}
`;
}

function summaryOf(before: string, word: string): string {
  const path = `${before} ${word}`.trim().replace(/^help (?!$)/, "");
  if (Object.hasOwn(verbs, path)) return entryOf(path as VerbName).summary;
  return isTopic(path) ? topics[path].summary : `${word} …`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
