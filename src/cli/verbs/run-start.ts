import { startRun } from "../../recorder/run/run.ts";
import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { dbArg, kvArg, provenanceArg, rootDirArg } from "../argv/flags.ts";
import { tagsOf } from "../argv/kv.ts";
import { noOperands } from "../argv/operands.ts";
import { provenanceFor } from "../argv/provenance.ts";
import { redactionOf } from "../argv/trace-flags.ts";
import { writeOut } from "../output/streams.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: {
    ...dbArg,
    ...rootDirArg,
    suite: { type: "string", valueHint: "name", description: "The suite's name" },
    "run-id": { type: "string", valueHint: "id", description: "The run's id; generated when absent or empty" },
    ...kvArg,
    ...provenanceArg,
  },
  async run(args, data) {
    noOperands("run start", data);
    const db = required("run start", args, "db");
    const rootDir = required("run start", args, "root-dir");
    const spec = {
      rootDir,
      suite: args.suite ?? "",
      runId: args["run-id"] ?? "",
      tags: tagsOf(args.kv ?? []),
      redactor: redactionOf({}, undefined).redactor,
      provenance: await provenanceFor(args, rootDir),
    };
    const store = openForWriting(db, { create: true });
    try {
      writeOut(`${startRun(store, spec)}\n`);
      if (store.caveat !== null) (await import("../output/console.ts")).note(store.caveat);
    } finally {
      store.close();
    }
  },
});
