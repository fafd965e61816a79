import { defineCommand } from "citty";
import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";

export default defineCommand({
  args: dbArg,
  async run({ args, data }) {
    noOperands("init", data);
    const store = openForWriting(required("init", args, "db"), { create: true });
    store.close();
    if (store.caveat !== null) (await import("../output/console.ts")).note(store.caveat);
  },
});
