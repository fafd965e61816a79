import { defineCommand } from "citty";
import { capabilities } from "../../report/capabilities.ts";
import { openForReading } from "../../store/open.ts";
import { dbArg } from "../args.ts";
import { noOperands } from "../operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../output.ts";
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
