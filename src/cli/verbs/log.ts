import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { findTape, type Tape } from "../../files/step-output.ts";
import type { Stream } from "../../model/ids.ts";
import { LineMatcher } from "../../model/line-matcher.ts";
import { ScreenLineMatcher } from "../../model/screen-line-matcher.ts";
import { silencesOf } from "../../report/silences.ts";
import { openForReading } from "../../store/open.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { inheritedRunId, required } from "../argv/context.ts";
import { allowanceArgs, foundDbArg, runArg } from "../argv/flags.ts";
import { lineRangeOf } from "../argv/line-range.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { integerOf, seeHelp } from "../argv/parse.ts";
import { note } from "../output/console.ts";
import { printTape } from "../output/log-printer.ts";
import { noteWaiting } from "../output/waiting-note.ts";
import type { Invocation } from "../verb.ts";

const gapArgs = {
  top: { type: "string", default: "10", valueHint: "n", description: "Of --gaps: so many at most; 0 is none" },
  ...outputArgs,
} as const;

export default defineCommand({
  args: {
    ...foundDbArg,
    ...runArg,
    attempt: { type: "string", valueHint: "n", description: "That attempt of the step (default: the last one)" },
    merged: { type: "boolean", default: false, description: "Both streams, line by line as they came (the default)" },
    stdout: { type: "boolean", default: false, description: "Only stdout, byte for byte" },
    stderr: { type: "boolean", default: false, description: "Only stderr, byte for byte" },
    timestamps: {
      type: "boolean",
      default: false,
      description: "Before each line, when it came and from which stream; ~ where the order is not known",
    },
    follow: {
      type: "boolean",
      alias: "f",
      default: false,
      description: "Print what a running step prints, as it comes, until the step ends",
    },
    tail: { type: "string", valueHint: "n", description: "Only the last n lines" },
    lines: {
      type: "string",
      valueHint: "from-to",
      description: "Only these lines, counted from 1: 100-140, 100-, 100",
    },
    grep: {
      type: "string",
      valueHint: "regexp",
      description: "Only lines that match as a person sees them (JavaScript's syntax)",
    },
    raw: {
      type: "boolean",
      default: false,
      description: "Every byte as it is, also to a terminal or a CI job's console",
    },
    gaps: { type: "boolean", default: false, description: "The longest silences, and the line before each" },
    ...allowanceArgs,
    ...gapArgs,
  },
  async run({ args, data }) {
    const streams = streamsOf(args);
    const query = {
      run: args["run-id"] ?? inheritedRunId(args) ?? "latest",
      step: stepOperand(data),
      ...notingAllowance(args),
      ...(args.attempt === undefined ? {} : { attempt: integerOf("attempt", args.attempt, 1) }),
    };
    const lines = {
      timestamps: args.timestamps,
      raw: args.raw,
      ...(args.tail === undefined ? {} : { tail: integerOf("tail", args.tail, 0) }),
      ...(args.lines === undefined ? {} : { lines: lineRangeOf("lines", args.lines) }),
      ...(args.grep === undefined ? {} : { grep: new ScreenLineMatcher(new LineMatcher(regExpOf(args.grep))) }),
    };
    refuseIdle(
      data,
      args.gaps ? ["timestamps", "tail", "lines", "grep", "raw", "follow"] : Object.keys(gapArgs),
      args.gaps,
    );
    const output = parseOutputOptions(data.flags);
    const top = integerOf("top", args.top);
    const db = required("log", args, "db");
    refusePair(args, "lines", "tail");
    if (args.follow) {
      refusePair(args, "lines", "follow");
      const { followLog } = await import("../output/log-follow.ts");
      return followLog(db, query, { streams, ...lines });
    }
    const store = openForReading(db);
    let tape: Tape;
    try {
      tape = findTape(store, query);
    } finally {
      await noteWaiting(store, query.run);
      store.close();
    }
    if (!args.gaps) return printTape(tape, { streams, ...lines });
    if (tape.marks === null && tape.files.stdout !== null)
      note("when it printed what is not known, so its silences are not");
    const silences = tape.marks ? silencesOf(tape, tape.marks, streams, top < 0 ? Number.POSITIVE_INFINITY : top) : [];
    emitRows(
      {
        columns: ["start_ms", "silence_ms", "stream", "line"],
        rows: silences.map(({ startMs, lengthMs, stream, line }) => [startMs, lengthMs, stream, line]),
      },
      output,
    );
  },
});

function streamsOf(args: { stdout: boolean; stderr: boolean; merged: boolean }): readonly Stream[] {
  if ([args.stdout, args.stderr, args.merged].filter(Boolean).length > 1) {
    throw usageError("--stdout, --stderr and --merged exclude each other", "without any of them, both are merged");
  }
  return args.stdout ? ["stdout"] : args.stderr ? ["stderr"] : ["stdout", "stderr"];
}

function stepOperand({ positionals: [step, ...extra], rest }: Invocation): string {
  if (step === undefined || step === "") throw usageError("log needs a step: its number or name", seeHelp("log"));
  noOperands("log", { positionals: extra, rest, flags: {} });
  return step;
}

function regExpOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
    throw usageError(
      `--grep ${JSON.stringify(text)} is no regular expression: ${reason}`,
      "a \\ before ( [ { . * + ? makes it itself",
    );
  }
}

function refusePair(args: Readonly<Record<string, unknown>>, one: string, other: string): void {
  const isGiven = (name: string) => args[name] !== undefined && args[name] !== false;
  if (isGiven(one) && isGiven(other)) throw usageError(`--${one} and --${other} exclude each other`, seeHelp("log"));
}

/** Flags that would change nothing: whoever gave one expects something else. */
function refuseIdle({ flags }: Invocation, names: readonly string[], gaps: boolean): void {
  const defaults = {
    ...gapArgs,
    timestamps: { default: false },
    raw: { default: false },
    follow: { default: false },
  } as Readonly<Record<string, { default?: unknown }>>;
  const idle = names.find((name) => flags[name] !== undefined && flags[name] !== defaults[name]?.default);
  if (idle === undefined) return;
  throw usageError(gaps ? `--${idle} and --gaps exclude each other` : `--${idle} is only for --gaps`, seeHelp("log"));
}
