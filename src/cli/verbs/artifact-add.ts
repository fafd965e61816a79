import { exitCode, ScenariologError, usageError } from "../../errors.ts";
import { addArtifact } from "../../recorder/inside/artifact.ts";
import { required } from "../argv/context.ts";
import { seeHelp } from "../argv/parse.ts";
import { onRunArg, placeArgs, placeOf, recordAt, strictArg } from "../argv/scope.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { defineVerb } from "../verb.ts";

const VERB = "artifact add";
/** The kinds that the recorder gives to its own files. */
const OWN_KINDS = ["stdout", "stderr", "cmd-stdout", "cmd-stderr", "trace"];

export default defineVerb({
  flags: {
    kind: {
      type: "string",
      default: "file",
      valueHint: "kind",
      description: "What the file is: report, screenshot, …",
    },
    name: { type: "string", valueHint: "name", description: "The name of the copy (default: the file's own)" },
    copy: { type: "boolean", default: true, description: "Copy the file into the log directory" },
    refer: {
      type: "boolean",
      default: false,
      description: "Leave the file in its place, and keep only its size and sha256",
    },
    index: { type: "boolean", default: false, description: "Let search find the lines of a text file" },
    ...redactArg,
    ...onRunArg,
    ...placeArgs,
    "log-dir": {
      type: "string",
      valueHint: "dir",
      description: "Where copies go; relative to the run's root (or SCENARIOLOG_LOG_DIR)",
    },
    ...strictArg,
  },
  async run(args, data) {
    const files = [...data.positionals, ...(data.rest ?? [])];
    if (files.length === 0) throw usageError("artifact add needs a FILE to keep", seeHelp(VERB));
    const { kind, name = "", index } = args;
    if (kind.trim() === "") throw usageError("--kind is empty", seeHelp(VERB));
    if (OWN_KINDS.includes(kind))
      throw usageError(`--kind ${kind} is reserved for the recorder's own files`, seeHelp(VERB));
    if (name !== "" && files.length > 1) throw usageError("--name is for one FILE only", seeHelp(VERB));
    const place = placeOf(VERB, args);
    const copyTo = args.refer || !args.copy ? null : required(VERB, args, "log-dir");
    const { redactor } = redactionOf(args, args.redact);
    let failed = false;
    const code = await recordAt(VERB, args, "not kept", async (store) => {
      for (const file of files) {
        try {
          await addArtifact(store, place, file, { kind, copyTo, name, index, redactor });
        } catch (error) {
          // If one of several files cannot be kept, the others still are.
          if (!(error instanceof ScenariologError && error.code === "FILE") || files.length === 1) throw error;
          (await import("../output/console.ts")).reportError(error);
          failed = true;
        }
      }
    });
    return failed ? exitCode.failure : code;
  },
});
