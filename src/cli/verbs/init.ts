import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: dbArg,
  async run(flags, call) {
    noOperands("init", call);
    const store = openForWriting(required("init", flags, "db"), { create: true });
    store.close();
    if (store.caveat !== null) (await import("../output/console.ts")).note(store.caveat);
  },
});
