/** What other tools call a verb, and what it is called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ls: "runs",
  list: "runs",
  start: "run start",
  end: "run end",
  stop: "run end",
  run: "record",
  test: "record",
  rerun: "record --failed",
  retry: "record --failed",
  cat: "log",
  logs: "log",
  tail: "log",
  output: "log",
  grep: "search",
  find: "search",
  status: "summary",
  explain: "why",
  failed: "failures",
  failure: "failures",
  errors: "failures",
  slow: "timings",
  time: "timings",
  timing: "timings",
  tag: "tag set",
  check: "verify",
  index: "index fts",
  version: "--version",
  "-V": "--version",
};

/** The name of this program for what the user called by another tool's name; undefined if there is none. */
export function nameElsewhere(word: string): string | undefined {
  return Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : undefined;
}
