import { defineCommand } from "citty";
import { capabilities } from "../../report/capabilities.ts";
import { openForReading } from "../../store/open.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { VERSION } from "../version.ts";

export default defineCommand({
  args: { ...dbArg, ...outputArgs },
  run({ args, data }) {
    noOperands("capabilities", data);
    const options = parseOutputOptions(data.flags);
    const store = args.db === undefined ? null : openForReading(args.db);
    try {
      emitRows(capabilities(VERSION, store), options);
    } finally {
      store?.close();
    }
  },
});
