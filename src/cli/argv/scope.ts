import type { ArgsDef } from "citty";
import { exitCode, ScenariologError, usageError } from "../../errors.ts";
import { fromEnv } from "../../model/step-environment.ts";
import type { PlaceSpec } from "../../recorder/inside/place.ts";
import { takeInWaiting } from "../../recorder/pending/waiting.ts";
import { openForWriting } from "../../store/open.ts";
import type { Store } from "../../store/store.ts";
import { inheritedRunId, required } from "./context.ts";
import { dbArg } from "./flags.ts";
import { integerOf, seeHelp } from "./parse.ts";

/** Flags of the verbs that a script calls inside a step, where none of them is needed. */
export const placeArgs = {
  ...dbArg,
  "run-id": { type: "string", valueHint: "run", description: "The run (or SCENARIOLOG_RUN_ID)" },
  step: { type: "string", valueHint: "n", description: "The step of this number (or SCENARIOLOG_STEP_ID)" },
} as const satisfies ArgsDef;

export const onRunArg = {
  run: { type: "boolean", default: false, description: "On the run itself, not on one of its steps" },
} as const satisfies ArgsDef;

export const strictArg = {
  strict: {
    type: "boolean",
    default: false,
    description: "Fail if the database does not take it, inside a step too",
  },
} as const satisfies ArgsDef;

type Args = Readonly<Record<string, unknown>>;

/** The place in a run that a verb writes to: from the flags, else from the recorder of the step around it. Throws USAGE. */
export function placeOf(verb: string, args: Args): PlaceSpec {
  if (args.run === true && args.step !== undefined) throw usageError("--run and --step exclude each other");
  const inherited = inheritedStep(args);
  if (inherited === undefined && args.run !== true && args.step === undefined) {
    throw usageError(
      `${verb} is not called inside a step`,
      `inside one nothing is needed; elsewhere give --db, --run-id and --step; ${seeHelp(verb)}`,
    );
  }
  required(verb, args, "db");
  const run = required(verb, args, "run-id");
  if (args.run === true) return { run, step: null, attempt: null };
  if (args.step !== undefined) return { run, step: integerOf("step", String(args.step), 0), attempt: null };
  return { run, step: inherited!, attempt: fromEnv().attempt };
}

/** The id of the step around us; undefined if there is none, or if the flags name another run. */
export function inheritedStep(args: Args): string | undefined {
  const runId = inheritedRunId(args);
  const given = args["run-id"];
  if (runId === undefined || (given !== undefined && given !== runId)) return undefined;
  return fromEnv().stepId;
}

/**
 * Opens the database and lets `work` write into it. If the database does not take it inside a step, that is a warning that
 * begins with `lost` and no failure, because the recorder must not stop the script that called it. Throws the caller's
 * mistakes, and outside a step every error.
 */
export async function recordAt(
  verb: string,
  args: Args,
  lost: string,
  work: (store: Store) => void | Promise<void>,
): Promise<number> {
  try {
    const store = openForWriting(required(verb, args, "db"), { create: false });
    try {
      const taken = await takeInWaiting(store, null);
      await work(store);
      for (const text of await taken.index()) (await import("../output/console.ts")).warn(text);
    } finally {
      store.closeAsFound();
    }
    return exitCode.ok;
  } catch (error) {
    const isOurs = error instanceof ScenariologError && error.code !== "USAGE" && error.code !== "FILE";
    if (!isOurs || args.db !== undefined || inheritedStep(args) === undefined) throw error;
    (await import("../output/console.ts")).warn(`${lost}: ${error.message}`);
    return args.strict === true ? exitCode.failure : exitCode.ok;
  }
}
