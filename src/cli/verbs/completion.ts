import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { completionScript, shells } from "../completion.ts";
import { seeHelp } from "../parse.ts";
import { writeExact } from "../streams.ts";

export default defineCommand({
  async run({ data }) {
    const [shell, ...extra] = data.positionals as string[];
    if (shell === undefined || extra.length > 0)
      throw usageError("completion takes one shell: bash, zsh or fish", seeHelp("completion"));
    const known = shells.find((name) => name === shell);
    if (!known) throw usageError(`no completion for ${JSON.stringify(shell)}; there are: ${shells.join(", ")}`);
    writeExact(await completionScript(known));
  },
});
