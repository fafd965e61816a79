import { defineCommand } from "citty";
import { exitCode } from "../../errors.ts";
import { verify } from "../../report/verify.ts";
import { openForReading } from "../../store/open.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { noteWaiting } from "../output/waiting-note.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...allowanceArgs, ...outputArgs },
  async run({ args, data }) {
    noOperands("verify", data);
    const options = parseOutputOptions(data.flags);
    const store = openForReading(required("verify", args, "db"));
    try {
      const found = await verify(store, args["run-id"] ?? "latest", notingAllowance(args));
      emitRows(found, options);
      await noteWaiting(store, args["run-id"] ?? "latest");
      if (found.rows.length === 0) return exitCode.ok;
      if (options.outputFile !== undefined) {
        const { note } = await import("../output/console.ts");
        note(`not all files are as they were recorded: ${found.rows.length} in ${options.outputFile}`);
      }
      return exitCode.failure;
    } finally {
      store.close();
    }
  },
});
