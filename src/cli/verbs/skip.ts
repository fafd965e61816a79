import { usageError } from "../../errors.ts";
import { SKIP_CODE } from "../../model/step.ts";
import { setTagsAt } from "../../recorder/inside/annotations.ts";
import { SKIP_TAG } from "../../recorder/step/said.ts";
import { visible } from "../../render/text.ts";
import { seeHelp } from "../argv/parse.ts";
import { inheritedStep, placeOf, recordAt } from "../argv/scope.ts";
import { skipCodeOf } from "../argv/step-flags.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { writeErr } from "../output/streams.ts";
import { defineVerb } from "../verb.ts";

/** Ends with the skip code, so that the script ends too: under `set -e`, by `|| exit`, or as `exec scenariolog skip`. */
export default defineVerb({
  flags: { ...redactArg },
  async run(args, data): Promise<number> {
    const { redactor } = redactionOf(args, args.redact);
    const reason = redactor.text([...data.positionals, ...(data.rest ?? [])].join(" ")).trim();
    if (reason === "") throw usageError("skip needs a REASON why the step cannot run here", seeHelp("skip"));
    const code = skipCodeOf(undefined, SKIP_CODE) ?? SKIP_CODE;
    writeErr(`[scenariolog] skipped: ${visible(reason)}\n`);
    // Outside a step there is nothing to record: a script must also run on its own.
    if (inheritedStep(args) === undefined) return code;
    await recordAt("skip", args, "the reason is not kept", (store) =>
      setTagsAt(store, placeOf("skip", args), [[SKIP_TAG, reason]]),
    );
    return code;
  },
});
