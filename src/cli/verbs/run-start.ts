import { defineCommand } from "citty";
import { startRun } from "../../recorder/run.ts";
import { openForWriting } from "../../store/open.ts";
import { dbArg, kvArg, provenanceArg, rootDirArg } from "../args.ts";
import { required } from "../context.ts";
import { tagsOf } from "../kv.ts";
import { noOperands } from "../operands.ts";
import { provenanceFor } from "../provenance.ts";
import { writeOut } from "../streams.ts";
import { redactionOf } from "../trace-args.ts";

export default defineCommand({
  args: {
    ...dbArg,
    ...rootDirArg,
    suite: { type: "string", valueHint: "name", description: "The suite's name" },
    "run-id": { type: "string", valueHint: "id", description: "The run's id; generated when absent or empty" },
    ...kvArg,
    ...provenanceArg,
  },
  async run({ args, data }) {
    noOperands("run start", data);
    const db = required("run start", args, "db");
    const rootDir = required("run start", args, "root-dir");
    const spec = {
      rootDir,
      suite: args.suite ?? "",
      runId: args["run-id"] ?? "",
      tags: tagsOf(data.flags.kv ?? []),
      redactor: redactionOf({}, undefined).redactor,
      provenance: await provenanceFor(args, rootDir),
    };
    const store = openForWriting(db, { create: true });
    try {
      writeOut(`${startRun(store, spec)}\n`);
      if (store.caveat !== null) (await import("../console.ts")).note(store.caveat);
    } finally {
      store.close();
    }
  },
});
