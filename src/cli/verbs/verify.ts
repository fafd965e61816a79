import { defineCommand } from "citty";
import { exitCode } from "../../errors.ts";
import { verify } from "../../recorder/verify.ts";
import { openForReading } from "../../store/open.ts";
import { dbArg, outsideArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../output.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outsideArg, ...outputArgs },
  async run({ args, data }) {
    noOperands("verify", data);
    const options = parseOutputOptions(data.flags);
    const store = openForReading(required("verify", args, "db"));
    try {
      const found = await verify(store, args["run-id"] ?? "latest", args["allow-outside"]);
      emitRows(found, options);
      return found.rows.length > 0 ? exitCode.failure : exitCode.ok;
    } finally {
      store.close();
    }
  },
});
