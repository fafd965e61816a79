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

/** Flags of what a script calls inside a step: there none of them is needed. */
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
    description: "Fail when the database does not take it, inside a step too",
  },
} as const satisfies ArgsDef;

type Args = Readonly<Record<string, unknown>>;

/** Where in a run a verb is called: as the flags say, else as the recorder of the step around it does. Throws USAGE. */
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

/** The id of the step around us; undefined when there is none, or the flags name another run than its. */
export function inheritedStep(args: Args): string | undefined {
  const runId = inheritedRunId(args);
  const given = args["run-id"];
  if (runId === undefined || (given !== undefined && given !== runId)) return undefined;
  return fromEnv().stepId;
}

/**
 * Opens the database and lets `work` write into it. Inside a step a database that does not take it is a warning that
 * begins with `lost`, and no failure: the script that called is not to stop because of us. Throws what is the caller's
 * mistake, and outside a step everything.
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
