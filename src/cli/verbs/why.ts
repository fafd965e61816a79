import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { jsonDocument } from "../../render/json.ts";
import { fitted } from "../../render/why/fit.ts";
import { markdown } from "../../render/why/markdown.ts";
import { text } from "../../render/why/text.ts";
import { type Diagnosis, diagnose } from "../../report/why/diagnosis.ts";
import { openForReading } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, allowanceOf, dbArg, runArg } from "../argv/flags.ts";
import { runOperand } from "../argv/operands.ts";
import { bytesOf } from "../argv/size.ts";
import { choiceOf } from "../argv/step-flags.ts";
import { redactionOf } from "../argv/trace-flags.ts";
import { coloured } from "../help/page.ts";
import { writeOut } from "../output/streams.ts";
import { noteWaiting } from "../output/waiting-note.ts";

const OUTPUTS = ["text", "markdown", "json"] as const;

/** In text, headings are bold; what is under them has nothing in it that a terminal obeys. */
const FORMS = { text: "styled", markdown: "plain", json: "json" } as const;

/** Less does not hold the ids of run and step, and what they mean. */
const LEAST_BYTES = 1000;

export default defineCommand({
  args: {
    ...dbArg,
    ...runArg,
    output: {
      type: "enum",
      options: [...OUTPUTS],
      default: "text",
      description: "For people, a pull request, a program",
    },
    "max-bytes": {
      type: "string",
      default: "none",
      valueHint: "size",
      description: "Print no more: 4096, 60k; the tails of the logs are cut first",
    },
    ...allowanceArgs,
    redact: {
      type: "string",
      valueHint: "pattern",
      description: "Also take what this matches out of what is shown; repeatable; none: take out nothing",
    },
  },
  async run({ args, data }) {
    const db = required("why", args, "db");
    const selector = runOperand("why", args["run-id"], data);
    const output = choiceOf("why", "output", args.output, OUTPUTS);
    const maxBytes = mostBytes(args["max-bytes"]);
    const options = {
      ...allowanceOf(args),
      redactor: redactionOf({}, data.flags.redact as string[] | undefined).redactor,
    };
    const store = openForReading(db);
    let diagnosis: Diagnosis;
    try {
      diagnosis = diagnose(store, selector, options);
    } finally {
      await noteWaiting(store, selector);
      store.close();
    }
    const bold = coloured() ? (heading: string) => `\x1b[1m${heading}\x1b[0m` : (heading: string) => heading;
    const render = { text: (found: Diagnosis) => text(found, bold), markdown, json: jsonDocument }[output];
    writeOut(fitted(diagnosis, maxBytes, render), FORMS[output]);
  },
});

function mostBytes(given: string): number {
  if (given === "none") return Number.POSITIVE_INFINITY;
  const bytes = bytesOf("max-bytes", given);
  if (bytes < LEAST_BYTES) throw usageError(`--max-bytes ${given} is less than ${LEAST_BYTES}`);
  return bytes;
}
