import type { RowSet } from "../model/rows.ts";
import { type TerminalOptions, terminalTable } from "../render/terminal/table.ts";
import { visible } from "../render/text.ts";
import { openForReading } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { required } from "./argv/context.ts";
import { type FlagDefs, type Values, valuesOf } from "./argv/flag.ts";
import { foundDbArg, runArg } from "./argv/flags.ts";
import { noOperands, runOperand } from "./argv/operands.ts";
import { emitRows, isForPerson, outputArgs, parseOutputOptions } from "./argv/output-flags.ts";
import { noteWaiting } from "./output/waiting-note.ts";
import { defineVerb, type End, type Invocation, type Verb } from "./verb.ts";

interface ReportSpec<D extends FlagDefs, R extends RowSet> {
  /** As in the table of verbs. */
  readonly name: string;
  /** Flags of this verb alone: the database, the run and the output flags come by themselves. */
  readonly flags: D;
  /**
   * The run that the report is about; null for none. Absent: the RUN that the caller gave, in any of the ways of
   * `runOperand`. Throws USAGE.
   */
  readonly run?: (flags: Values<D>, call: Invocation) => string | null;
  /** `run` is null if the verb is not about one run. Throws USAGE for bad flags. */
  readonly report: (store: Store, run: string | null, flags: Values<D>, call: Invocation) => R | Promise<R>;
  /** Whether the rows are not to be printed: the exit code is the answer. Absent: they are. */
  readonly isSilent?: (flags: Values<D>) => boolean;
  /** What a person reads if there is no row. */
  readonly empty: string | ((rows: R, flags: Values<D>, call: Invocation) => string);
  /** How a person sees the rows; a table if absent. */
  readonly page?: (rows: R, options: TerminalOptions, flags: Values<D>, call: Invocation) => string;
  /** After the rows are printed. Absent: 0. */
  readonly end?: (rows: R, flags: Values<D>, call: Invocation) => End | Promise<End>;
}

/** A verb that computes rows from a database, which it opens to read, and prints them as the output flags say. */
export function reportVerb<const D extends FlagDefs, R extends RowSet>(spec: ReportSpec<D, R>): Verb {
  const isAboutRun = spec.run === undefined;
  return defineVerb({
    flags: { ...foundDbArg, ...(isAboutRun ? runArg : {}), ...spec.flags, ...outputArgs },
    run: async (_flags, call) => {
      const flags = valuesOf(spec.flags, call.flags);
      const output = parseOutputOptions(call.flags);
      const run = spec.run ? spec.run(flags, call) : runOperand(spec.name, textOf(call.flags["run-id"]), call);
      const store = openForReading(required(spec.name, call.flags, "db"));
      try {
        let rows: R;
        try {
          rows = await spec.report(store, run, flags, call);
        } finally {
          await noteWaiting(store, run ?? "latest");
        }
        if (spec.isSilent?.(flags)) return (await spec.end?.(rows, flags, call)) ?? 0;
        if (isForPerson(call.flags)) await showPerson(store, run, rows, spec, flags, call);
        else emitRows(rows, output);
        return (await spec.end?.(rows, flags, call)) ?? 0;
      } finally {
        store.close();
      }
    },
  });
}

/** For a verb that is about no run: it takes no argument. */
export function noRun(verb: string): (flags: unknown, call: Invocation) => null {
  return (_flags, call) => {
    noOperands(verb, call);
    return null;
  };
}

async function showPerson<D extends FlagDefs, R extends RowSet>(
  store: Store,
  run: string | null,
  rows: R,
  { empty, page }: ReportSpec<D, R>,
  flags: Values<D>,
  call: Invocation,
): Promise<void> {
  const { screen, show } = await import("./output/screen.ts");
  const { shapeRows } = await import("../render/shape.ts");
  const output = parseOutputOptions(call.flags);
  const options = { ...(await screen()), allColumns: (output.fields ?? []).length > 0 };
  const head = run === null ? "" : await runLineOf(store, run, options);
  const shaped = { ...rows, ...shapeRows(rows, output) };
  const body =
    rows.rows.length === 0
      ? `${visible(typeof empty === "string" ? empty : empty(rows, flags, call))}\n`
      : (page ?? terminalTable)(shaped, options, flags, call);
  await show(head + body);
}

async function runLineOf(store: Store, run: string, options: TerminalOptions): Promise<string> {
  const { runFacts } = await import("../report/run-facts.ts");
  const { runLine } = await import("../render/terminal/run-line.ts");
  return runLine(runFacts(store, run), options);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
