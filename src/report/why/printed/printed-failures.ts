import { compilers } from "./compilers.ts";
import type { PrintedFailure } from "./failure.ts";
import { shells } from "./shells.ts";
import { stacks } from "./stacks.ts";
import { tests } from "./tests.ts";
import { tools } from "./tools.ts";

/**
 * Failures that a program's output describes, the likeliest cause of its end first. Control sequences must be gone from the
 * lines. Empty if no format is recognised.
 *
 * The order: tests that failed, in their order, since the first one is where a person begins; then the last stack trace or
 * complaint of a shell, since it ended the program; of compilers the first error, since others follow from it; and what
 * only repeats that something failed comes last.
 */
export function printedFailures(lines: readonly string[]): PrintedFailure[] {
  const complaints = shells(lines);
  const ofShells = new Set(complaints.map(({ index }) => index));
  // zsh writes `x.zsh:3: …`, as a compiler does.
  const diagnostics = compilers(lines).filter(({ index }) => !ofShells.has(index));
  const all = [...tests(lines), ...stacks(lines), ...diagnostics, ...complaints, ...tools(lines)];
  const of = (kind: PrintedFailure["kind"]) =>
    all.filter((failure) => failure.kind === kind).sort((a, b) => a.index - b.index);
  const compiler = of("compiler");
  const ends = [...of("stack"), ...of("shell")].sort((a, b) => b.index - a.index);
  // A shell that complains after a compiler's errors (`make: not found`) says more about the end than they do.
  const [last] = ends;
  const isLater = last !== undefined && last.index > (compiler.at(-1)?.index ?? -1);
  return [...of("test"), ...(isLater ? [...ends, ...compiler] : [...compiler, ...ends]), ...of("tool").reverse()];
}

/** Directories that hold the code of languages and packages, not a person's own. */
const LIBRARY =
  /^(?:(?:node|bun|deno|ext|native):|native$|internal\/(?:modules|process|main|timers|bootstrap|per_context)\b|<)|^\/(?:usr|lib|lib64|opt|nix|snap)\/|(?:^|\/)(?:node_modules|site-packages|dist-packages|gems|vendor\/bundle|bats-(?:assert|support|file|core)|\.cargo\/registry|rustc\/[0-9a-f]{8,}|go\/pkg\/mod|lib\/(?:python|ruby|perl|node|go)[\d./-]*)\/|\/\.(?:pyenv|rbenv|rvm|nvm|asdf|sdkman|local\/lib)\/|^\/rustc\//;

/** Whether a frame is in the code of a language or a package: a person looks at their own files first. */
export function isLibraryFile(file: string): boolean {
  return LIBRARY.test(file);
}
