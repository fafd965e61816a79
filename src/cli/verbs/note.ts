import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { takeMasks } from "../../recorder/masked-values.ts";
import { findPlace } from "../../recorder/place.ts";
import { addNote } from "../../recorder/remarks.ts";
import { seeHelp } from "../parse.ts";
import { onRunArg, placeArgs, placeOf, recordAt, strictArg } from "../place.ts";
import { redactArg, redactionOf } from "../trace-args.ts";

export default defineCommand({
  args: { ...redactArg, ...onRunArg, ...placeArgs, ...strictArg },
  run({ args, data }) {
    const { redactor } = redactionOf(args, data.flags.redact as string[] | undefined);
    const text = [...data.positionals, ...(data.rest ?? [])].join(" ");
    if (text.trim() === "") throw usageError("note takes the TEXT that is to be noted", seeHelp("note"));
    const spec = placeOf("note", args);
    return recordAt("note", args, "the note is not kept", (store) => {
      takeMasks(redactor, store.path, findPlace(store, spec).runId);
      addNote(store, spec, redactor.text(text));
    });
  },
});
