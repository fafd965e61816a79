import { defineCommand } from "citty";
import { openForWriting } from "../../store/open.ts";
import { dbArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";

export default defineCommand({
  args: dbArg,
  async run({ args, data }) {
    noOperands("init", data);
    const store = openForWriting(required("init", args, "db"), { create: true });
    store.close();
    if (store.caveat !== null) (await import("../console.ts")).note(store.caveat);
  },
});
