import { exitCode } from "../../errors.ts";
import { verify } from "../../report/verify.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { allowanceArgs } from "../argv/flags.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "verify",
  flags: { ...allowanceArgs },
  report: (store, run, flags) => verify(store, run ?? "latest", notingAllowance(flags)),
  empty: ({ checked }) => `all is as recorded: ${checked} ${checked === 1 ? "file" : "files"} checked`,
  end: async ({ rows }, _flags, { flags }) => {
    if (rows.length === 0) return exitCode.ok;
    const file = flags["output-file"];
    if (file) {
      const { note } = await import("../output/console.ts");
      note(`not all files are as they were recorded: ${rows.length} in ${file}`);
    }
    return exitCode.failure;
  },
});
