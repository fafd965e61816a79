import { thisPlatform } from "../../capture/this-platform.ts";
import { ScenariologError, usageError } from "../../errors.ts";
import { type CommandSpec, runCommand } from "../../recorder/inside/command.ts";
import { required } from "../argv/context.ts";
import { seeHelp } from "../argv/parse.ts";
import { inheritedStep, placeArgs, placeOf } from "../argv/scope.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { defineVerb, type End } from "../verb.ts";

export default defineVerb({
  flags: {
    name: { type: "string", default: "", valueHint: "name", description: "The command's name" },
    ...redactArg,
    ...placeArgs,
    "log-dir": {
      type: "string",
      valueHint: "dir",
      description: "Where its files go; relative to the run's root (or SCENARIOLOG_LOG_DIR)",
    },
  },
  async run(args, data): Promise<End> {
    const argv = [...data.positionals, ...(data.rest ?? [])];
    if (argv.length === 0) throw usageError("cmd needs a command after --", seeHelp("cmd"));
    const record = recordOf(args);
    // The platform notes which descriptors the caller left open, so it comes before anything is opened here.
    const platform = await thisPlatform();
    const onUnrecorded = async (reason: string) =>
      (await import("../output/console.ts")).warn(`${argv[0]} is not recorded: ${reason}`);
    if (record === null) await onUnrecorded("cmd is not called inside a step");
    const spec = {
      argv: argv as [string, ...string[]],
      name: args.name,
      record,
      onUnrecorded,
      ...redactionOf(args, args.redact),
    };
    const { exit, code, endBySignal, problems } = await runCommand(platform, spec);
    if (exit.kind === "not-started") {
      const { reportError } = await import("../output/console.ts");
      reportError(new ScenariologError("FILE", exit.reason, exit.hint === undefined ? {} : { hint: exit.hint }));
    }
    for (const text of problems)
      (await import("../output/console.ts")).warn(`${argv[0]} is not wholly recorded: ${text}`);
    return endBySignal === undefined ? code : { signal: endBySignal };
  },
});

/** Null outside a step, since a script must also run on its own. Throws USAGE if flags are given that do not name a place. */
function recordOf(args: Readonly<Record<string, unknown>>): CommandSpec["record"] {
  const isTold = ["db", "run-id", "step"].some((flag) => args[flag] !== undefined);
  if (!isTold && inheritedStep(args) === undefined) return null;
  const at = placeOf("cmd", args);
  return { database: required("cmd", args, "db"), at, logDir: required("cmd", args, "log-dir") };
}
