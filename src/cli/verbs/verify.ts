import { defineCommand } from "citty";
import { exitCode } from "../../errors.ts";
import { verify } from "../../recorder/verify.ts";
import { openForReading } from "../../store/open.ts";
import { allowanceArgs, allowanceOf, dbArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../output.ts";
import { noteWaiting } from "../waiting.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...allowanceArgs, ...outputArgs },
  async run({ args, data }) {
    noOperands("verify", data);
    const options = parseOutputOptions(data.flags);
    const store = openForReading(required("verify", args, "db"));
    try {
      const found = await verify(store, args["run-id"] ?? "latest", allowanceOf(args));
      emitRows(found, options);
      await noteWaiting(store, args["run-id"] ?? "latest");
      if (found.rows.length === 0) return exitCode.ok;
      if (options.outputFile !== undefined) {
        const { note } = await import("../console.ts");
        note(`not all files are as they were recorded: ${found.rows.length} in ${options.outputFile}`);
      }
      return exitCode.failure;
    } finally {
      store.close();
    }
  },
});
