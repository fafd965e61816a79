import { defineCommand } from "citty";
import { openForWriting } from "../../store/open.ts";
import { dbArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";

export default defineCommand({
  args: dbArg,
  run({ args, data }) {
    noOperands("init", data);
    openForWriting(required("init", args, "db"), { create: true }).close();
  },
});
