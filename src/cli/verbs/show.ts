import { defineCommand } from "citty";
import { jsonDocument } from "../../render/json.ts";
import { runDocument } from "../../report/document/build-document.ts";
import type { RunDocument } from "../../report/document/run-document.ts";
import { openForReading } from "../../store/open.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, foundDbArg, runArg } from "../argv/flags.ts";
import { runOperand } from "../argv/operands.ts";
import { bytesOf } from "../argv/size.ts";
import { choiceOf } from "../argv/step-flags.ts";
import { redactionOf, shownRedactArg } from "../argv/trace-flags.ts";
import { writeOut } from "../output/streams.ts";
import { noteWaiting } from "../output/waiting-note.ts";

const OUTPUTS = ["json"] as const;

export default defineCommand({
  args: {
    ...foundDbArg,
    ...runArg,
    output: {
      type: "enum",
      options: [...OUTPUTS],
      default: "json",
      description: "One JSON document",
    },
    "log-bytes": {
      type: "string",
      default: "2M",
      valueHint: "size",
      description: "Of all logs together show no more; failed steps come first",
    },
    ...allowanceArgs,
    ...shownRedactArg,
  },
  async run({ args, data }) {
    const db = required("show", args, "db");
    const selector = runOperand("show", args["run-id"], data);
    choiceOf("show", "output", args.output, OUTPUTS);
    const options = {
      ...notingAllowance(args),
      logBytes: bytesOf("log-bytes", args["log-bytes"]),
      redactor: redactionOf({}, data.flags.redact as string[] | undefined).redactor,
    };
    const store = openForReading(db);
    let document: RunDocument;
    try {
      document = runDocument(store, selector, options);
    } finally {
      await noteWaiting(store, selector);
      store.close();
    }
    writeOut(jsonDocument(document), "json");
  },
});
