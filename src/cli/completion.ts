import type { ArgDef, ArgsDef } from "citty";
import { topics } from "./topics.ts";
import { entryOf, type VerbName, verbs } from "./verb.ts";

export const shells = ["bash", "zsh", "fish"] as const;

interface Words {
  readonly name: VerbName;
  readonly flags: { readonly name: string; readonly description: string; readonly choices: readonly string[] }[];
}

/** A script that completes verbs, flags and the values of flags that have a fixed set; other values are files. */
export async function completionScript(shell: (typeof shells)[number]): Promise<string> {
  const all = await Promise.all((Object.keys(verbs) as VerbName[]).map(wordsOf));
  return { bash, zsh, fish }[shell](all);
}

async function wordsOf(name: VerbName): Promise<Words> {
  const { default: verb } = await entryOf(name).load();
  const args = Object.entries((verb.args ?? {}) as ArgsDef) as [string, ArgDef & { options?: string[] }][];
  const flags = args.map(([flag, def]) => ({
    name: flag,
    description: def.description ?? "",
    choices: def.options ?? [],
  }));
  return { name, flags: [...flags, { name: "help", description: "Show help", choices: [] }] };
}

function firstWords(all: readonly Words[]): string[] {
  return [...new Set(all.map(({ name }) => name.split(" ")[0]!))];
}

/** Words that may follow a first word: the second half of a verb, the shells, the topics. */
function secondWords(all: readonly Words[]): [string, string[]][] {
  const groups = Map.groupBy(
    all.filter(({ name }) => name.includes(" ")),
    ({ name }) => name.split(" ")[0]!,
  );
  return [
    ...[...groups].map(([first, members]): [string, string[]] => [
      first,
      members.map(({ name }) => name.split(" ")[1]!),
    ]),
    ["completion", [...shells]],
    ["help", [...topics, ...firstWords(all)]],
  ];
}

function bash(all: readonly Words[]): string {
  const flagCases = all.map(
    ({ name, flags }) => `    "${name}") words="${flags.map((flag) => `--${flag.name}`).join(" ")}" ;;`,
  );
  const choiceCases = choices(all).map(([flag, values]) => `    --${flag}) words="${values.join(" ")}" ;;`);
  const secondCases = secondWords(all).map(([first, words]) => `      ${first}) words="${words.join(" ")}" ;;`);
  return `# bash completion for scenariolog; load it with: source <(scenariolog completion bash)
_scenariolog() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words="" verb=\${COMP_WORDS[1]-} i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    # Behind -- it is the step's command.
    if [[ \${COMP_WORDS[i]} == -- ]]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  done
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${firstWords(all).join(" ")} --help --version" -- "$current"))
    return
  fi
  if ((COMP_CWORD == 2)) && [[ $current != -* ]]; then
    case $verb in
${secondCases.join("\n")}
    esac
    if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); return; fi
  fi
  case $verb in
${[...new Set(secondWords(all).map(([first]) => first))]
  .filter((first) => all.some(({ name }) => name.startsWith(`${first} `)))
  .map((first) => `    ${first}) verb="$verb \${COMP_WORDS[2]-}" ;;`)
  .join("\n")}
  esac
  case $previous in
${choiceCases.join("\n")}
  esac
  if [[ -z $words && $current == -* ]]; then
    case $verb in
${flagCases.join("\n")}
    esac
  fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _scenariolog scenariolog
`;
}

/** Flags whose values are a fixed set, which mean the same in every verb. */
function choices(all: readonly Words[]): [string, readonly string[]][] {
  const found = new Map<string, readonly string[]>();
  for (const { flags } of all)
    for (const flag of flags) if (flag.choices.length > 0) found.set(flag.name, flag.choices);
  return [...found];
}

function zsh(all: readonly Words[]): string {
  return `#compdef scenariolog
# zsh completion for scenariolog; load it with: source <(scenariolog completion zsh)
autoload -Uz bashcompinit && bashcompinit
${bash(all).split("\n").slice(1).join("\n")}`;
}

function fish(all: readonly Words[]): string {
  const quote = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const lines = ["# fish completion for scenariolog; load it with: scenariolog completion fish | source"];
  for (const first of firstWords(all)) {
    const summary = all.find(({ name }) => name === first) ? entryOf(first as VerbName).summary : `${first} …`;
    lines.push(`complete -c scenariolog -n __fish_use_subcommand -f -a ${first} -d ${quote(summary)}`);
  }
  for (const [first, words] of secondWords(all)) {
    lines.push(`complete -c scenariolog -n '__fish_seen_subcommand_from ${first}' -f -a ${quote(words.join(" "))}`);
  }
  for (const { name, flags } of all) {
    const condition = name
      .split(" ")
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join("; and ");
    for (const flag of flags) {
      const values = flag.choices.length > 0 ? ` -f -a ${quote(flag.choices.join(" "))}` : "";
      lines.push(`complete -c scenariolog -n '${condition}' -l ${flag.name}${values} -d ${quote(flag.description)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
