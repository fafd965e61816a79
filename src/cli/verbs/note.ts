import { usageError } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { addNote } from "../../recorder/inside/annotations.ts";
import { findPlace } from "../../recorder/inside/place.ts";
import { seeHelp } from "../argv/parse.ts";
import { onRunArg, placeArgs, placeOf, recordAt, strictArg } from "../argv/scope.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: { ...redactArg, ...onRunArg, ...placeArgs, ...strictArg },
  run(args, data) {
    const { redactor } = redactionOf(args, args.redact);
    const text = [...data.positionals, ...(data.rest ?? [])].join(" ");
    if (text.trim() === "") throw usageError("note needs a TEXT to keep", seeHelp("note"));
    const spec = placeOf("note", args);
    return recordAt("note", args, "the note is not kept", (store) => {
      takeMasks(redactor, store.path, findPlace(store, spec).runId);
      addNote(store, spec, redactor.text(text));
    });
  },
});
