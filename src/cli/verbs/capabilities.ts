import { terminalLines } from "../../render/terminal/table.ts";
import { capabilities } from "../../report/capabilities.ts";
import { openForReading } from "../../store/open.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, isForPerson, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { defineVerb } from "../verb.ts";
import { VERSION } from "../version.ts";

/** Of a database only if --db names it: what this program can do does not depend on where it is called. */
export default defineVerb({
  flags: { ...dbArg, ...outputArgs },
  async run({ db }, call) {
    noOperands("capabilities", call);
    const options = parseOutputOptions(call.flags);
    const store = db === undefined ? null : openForReading(db);
    try {
      const rows = capabilities(VERSION, store);
      if (!isForPerson(call.flags)) return emitRows(rows, options);
      const { screen, show } = await import("../output/screen.ts");
      await show(terminalLines(rows, { ...(await screen()), allColumns: true }));
    } finally {
      store?.close();
    }
  },
});
