import { usageError } from "../../errors.ts";
import { seeHelp } from "../argv/parse.ts";
import { completionScript, shells } from "../help/completion.ts";
import { writeExact } from "../output/streams.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: {},
  async run(_flags, data) {
    const [shell, ...extra] = data.positionals;
    if (shell === undefined || extra.length > 0)
      throw usageError("completion takes one shell: bash, zsh or fish", seeHelp("completion"));
    const known = shells.find((name) => name === shell);
    if (!known) throw usageError(`no completion for ${JSON.stringify(shell)}; there are: ${shells.join(", ")}`);
    writeExact(await completionScript(known));
  },
});
