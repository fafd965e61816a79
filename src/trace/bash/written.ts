/** A command line of a script with its continuations, as a person wrote it. */
export interface WrittenLine {
  /** From 1. */
  readonly first: number;
  readonly last: number;
  /** The lines of it, joined where the shell joins them; here-documents are left out. */
  readonly text: string;
}

/** A line of a script, from 1; null if it cannot be read. */
export type SourceLine = (line: number) => string | null;

/** A command of a longer stretch is not read: the first lines say enough. */
const MOST_LINES = 40;
/** How far above a line its beginning is looked for. */
const LOOK_BACK = 15;
const LONGEST_TEXT = 500;

/** The command line that covers a line of a script; null if the script cannot be read there. */
export function writtenLineAt(source: SourceLine, line: number): WrittenLine | null {
  if (source(line) === null) return null;
  // The nearest line above whose command reaches as far as this one.
  for (let first = Math.max(1, line - LOOK_BACK); first < line; first++) {
    const found = readFrom(source, first);
    if (found && found.last >= line && beginsCommand(source, first)) return found;
    if (found && found.last > first) first = found.last;
  }
  return readFrom(source, line);
}

/** Not in the middle of a line that is continued. */
function beginsCommand(source: SourceLine, line: number): boolean {
  const before = source(line - 1);
  return before === null || !(isContinued(before) || /(?:^|\s)(?:\||&&|\|\|)\s*$/.test(withoutComment(before)));
}

function readFrom(source: SourceLine, first: number): WrittenLine | null {
  let text = "";
  for (let line = first; line < first + MOST_LINES; line++) {
    const next = source(line);
    if (next === null) break;
    const isComment = text === "" && /^\s*#/.test(next);
    const own = isComment ? "" : text === "" ? next : next.trim();
    text += isContinued(own) ? `${own.slice(0, -1).trimEnd()} ` : own;
    if (isContinued(own)) continue;
    const state = scan(text);
    if (!state.isOpen && !/(?:\||&&|\|\|)\s*$/.test(withoutComment(text))) {
      return { first, last: line, text: withoutComment(text).trim() };
    }
    // A subshell over several lines is a block like any other: each of its commands has a line of its own.
    if (text !== "" && /(?:^|[;&|]|\bthen|\bdo|\belse)\s*\($/.test(withoutComment(text).trim())) {
      return { first, last: line, text: withoutComment(text).trim() };
    }
    text = state.isQuoted ? `${text}\n` : `${joinable(withoutComment(text).trimEnd())} `;
  }
  return { first, last: first, text: (source(first) ?? "").trim() };
}

/** Within a substitution the end of a line ends a command, unless an operator or a keyword stands there. */
function joinable(text: string): string {
  return text === "" || /(?:[;&|({]|\b(?:then|do|else|in))$/.test(text) ? text : `${text};`;
}

function isContinued(line: string): boolean {
  return /(?<!\\)(?:\\\\)*\\$/.test(line);
}

/** Marks a `{ …; }` group among what is open: unlike `${…}` it holds commands. */
const GROUP = "group";

interface Scan {
  /** Inside quotes, `$(…)`, or a subshell. */
  readonly isOpen: boolean;
  readonly isQuoted: boolean;
  /** Where operators stand outside quotes and parentheses: `;`, `|`, `&&`, `||`. */
  readonly operators: readonly { readonly at: number; readonly text: string }[];
  readonly commentAt: number;
}

/** A pass over one command line that knows quotes, substitutions, subshells and comments: as much of a shell's grammar as it takes to find a command in it. */
function scan(text: string): Scan {
  const operators: { at: number; text: string }[] = [];
  /** What closes each open construct, outermost first. */
  const open: string[] = [];
  let commentAt = -1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const inside = open.at(-1);
    if (inside === "'") {
      if (character === "'") open.pop();
    } else if (character === "\\") at++;
    else if (character === inside || (inside === GROUP && character === "}")) open.pop();
    else if (text.startsWith("$(", at)) {
      open.push(")");
      at++;
    } else if (text.startsWith("${", at)) {
      open.push("}");
      at++;
    } else if (inside === '"') {
      if (character === "`") open.push("`");
    } else if (character === '"' || character === "`" || character === "'") open.push(character);
    else if (inside === "}") continue;
    else if (character === "(") open.push(")");
    else if (character === "{" && /(?:\|\||&&|\|)\s*$/.test(text.slice(0, at)) && /^\{\s/.test(text.slice(at)))
      open.push(GROUP);
    else if (character === "#" && (at === 0 || /[\s;&|(]/.test(text[at - 1]!))) {
      const end = text.indexOf("\n", at);
      if (open.length === 0) commentAt = at;
      if (end < 0) break;
      at = end;
    } else if (open.length === 0) {
      const operator = /^(?:&&|\|\||\|&|;;|[;|]|&(?![>\d]))/.exec(text.slice(at, at + 2))?.[0];
      if (
        operator === undefined ||
        (operator === "&" && />$/.test(text.slice(0, at))) ||
        (operator === "|" && text[at - 1] === ">")
      )
        continue;
      operators.push({ at, text: operator });
      at += operator.length - 1;
    }
  }
  return { isOpen: open.length > 0, isQuoted: ["'", '"'].includes(open.at(-1) ?? ""), operators, commentAt };
}

function withoutComment(text: string): string {
  const { commentAt } = scan(text);
  return commentAt < 0 ? text : text.slice(0, commentAt);
}

/** Words that a command may stand behind; they open a compound command, and are no part of what failed. */
const KEYWORDS = /^(?:(?:then|do|else|\{|\w[\w-]*\s*\(\)\s*\{?)\s+)+/;

/**
 * The statement of a command line that a traced command belongs to, as it is written: a whole pipeline or `&&` list, but not
 * what `;` puts before or behind it. `traced` is the command as the shell shows it.
 */
export function statementOf(line: WrittenLine, traced: string): string {
  const { operators } = scan(line.text);
  const ends = operators.filter(({ text }) => text === ";" || text === ";;" || text === "&");
  const parts: string[] = [];
  let from = 0;
  for (const { at, text } of [...ends, { at: line.text.length, text: "" }]) {
    parts.push(
      line.text
        .slice(from, at)
        .trim()
        .replace(KEYWORDS, "")
        .replace(/\s*\}$/, (brace, _at, part) => (isClosedOnly(part) && line.text.includes("{") ? "" : brace)),
    );
    from = at + text.length;
  }
  const word = /^'?([\w./:-]+|\[\[?)/.exec(traced)?.[1] ?? traced;
  const named = parts.filter((part) => part !== "" && part.includes(word));
  const found = named.at(-1) ?? parts.find((part) => part !== "") ?? line.text;
  return found.length > LONGEST_TEXT ? `${found.slice(0, LONGEST_TEXT)}…` : found;
}

/** Whether a part of a line closes more braces than it opens: those of a function around it. */
function isClosedOnly(part: string): boolean {
  return part.split("}").length > part.split("{").length;
}

/** Whether a command line joins commands with `&&` or `||`, outside of substitutions and subshells. */
export function isList(text: string): boolean {
  return scan(text).operators.some((operator) => operator.text === "&&" || operator.text === "||");
}

/** Whether a statement is one simple command: no pipeline, list, substitution, subshell or keyword in it. */
export function isSimple(statement: string): boolean {
  const { operators } = scan(statement);
  return (
    operators.length === 0 && !/\$\((?!\()|`|^[({!]|^(?:if|elif|while|until|for|case|time)\b|<\(|>\(/.test(statement)
  );
}

const REDIRECTION = /(?:^|\s)((?:\d*|&|\{\w+\})(?:>>|>\||<<<|<<-?|<>|>&|<&|>|<)\s*(?:"[^"]*"|'[^']*'|[^\s<>]+))/g;

/** The redirections of a simple command, as written, with a blank before each; "" if it has none. */
export function redirectionsOf(statement: string): string {
  return [...statement.matchAll(REDIRECTION)].map(([, text]) => ` ${text!.trim()}`).join("");
}
