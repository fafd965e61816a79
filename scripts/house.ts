/**
 * The floors of `src/`: what each folder is for, and which it may import. `test/house.test.ts` keeps them, and
 * `docs/architecture.md` shows them.
 */
export interface Floor {
  readonly holds: string;
  readonly mayImport: readonly string[];
}

/** The floors from the bottom up: a folder imports only folders above it in this list, and only those that it names. */
export const floors: Readonly<Record<string, Floor>> = {
  errors: { holds: "the one error that reaches a user, and the exit codes", mayImport: [] },
  sys: {
    holds:
      "the operating system, with no idea of a run: libc and the memory it sees, descriptors, processes, signals, files",
    mayImport: ["errors"],
  },
  model: { holds: "what a run is: types, ids, times, exits, tags, redaction; no I/O", mayImport: ["errors"] },
  trace: {
    holds: "bash's trace: plan, prelude, parsing, the failing command and its callers",
    mayImport: ["sys", "model", "errors"],
  },
  store: { holds: "the SQLite file, and all SQL", mayImport: ["sys", "model", "errors"] },
  files: {
    holds:
      "a run's recorded files, for reading: where they are now, who may read what, lines, both streams interleaved",
    mayImport: ["store", "sys", "model", "errors"],
  },
  capture: {
    holds: "running a process and keeping what it writes: platforms, signals and timeouts, log files",
    mayImport: ["sys", "model", "errors"],
  },
  recorder: {
    holds:
      "writing a run into a store while it happens: the step, the run, calls from inside a step, the index, recovery",
    mayImport: ["capture", "trace", "files", "store", "sys", "model", "errors"],
  },
  report: {
    holds: "answers computed from store and files, as plain values: rows, a diagnosis, the document of a run",
    mayImport: ["files", "store", "trace", "sys", "model", "errors"],
  },
  render: {
    holds: "values to text: tables, formats, the terminal, `why`; no I/O",
    mayImport: ["report", "model", "errors"],
  },
  export: {
    holds: "a run's document in other programs' formats; no I/O",
    mayImport: ["render", "report", "model", "errors"],
  },
  cli: {
    holds: "verbs, flags, help and the live console",
    mayImport: ["export", "render", "report", "recorder", "capture", "files", "store", "sys", "model", "errors"],
  },
  main: { holds: "the entry point", mayImport: ["cli"] },
};

/** The table of docs/architecture.md, in Markdown. */
export function floorTable(): string {
  const rows = Object.entries(floors).map(
    ([name, { holds, mayImport }]) =>
      `| \`${name}\` | ${holds} | ${mayImport.map((one) => `\`${one}\``).join(" ") || "nothing"} |`,
  );
  return `| folder | holds | may import |\n|---|---|---|\n${rows.toReversed().join("\n")}\n`;
}
