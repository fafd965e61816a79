import { defineCommand } from "citty";
import { exitCode, usageError } from "../../errors.ts";
import { shortRunId } from "../../model/ids.ts";
import { type ChosenRun, runsToPrune } from "../../recorder/prune/choose.ts";
import { prune } from "../../recorder/prune/prune.ts";
import { render } from "../../render/render.ts";
import { openForReading, openForWriting } from "../../store/open.ts";
import { vacuum } from "../../store/prune-space.ts";
import { ageMsOf } from "../argv/age.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { integerOf } from "../argv/parse.ts";
import { bytesOf } from "../argv/size.ts";

export default defineCommand({
  args: {
    ...dbArg,
    keep: { type: "string", valueHint: "n", description: "Keep the newest n runs of each suite" },
    "older-than": { type: "string", valueHint: "age", description: "Delete only runs that are older: 30d, 2w, 12h" },
    "max-size": {
      type: "string",
      valueHint: "size",
      description: "Delete the oldest runs until database and logs fit in: 500M, 2G",
    },
    "keep-failed": {
      type: "string",
      valueHint: "age",
      description: "Keep runs that did not pass for so long; default: three times --older-than",
    },
    suite: { type: "string", valueHint: "name", description: "Delete only runs of this suite" },
    "dry-run": {
      type: "boolean",
      default: false,
      description: "Show the runs that would be deleted, and delete nothing",
    },
    vacuum: {
      type: "boolean",
      default: false,
      description: "Also write the whole database anew to free its space; others have to wait meanwhile",
    },
    ...outputArgs,
  },
  async run({ args, data }) {
    noOperands("prune", data);
    const options = parseOutputOptions(data.flags);
    const given = (name: "keep" | "older-than" | "max-size" | "keep-failed") => args[name] ?? null;
    const age = (name: "older-than" | "keep-failed") => (given(name) === null ? null : ageMsOf(name, given(name)!));
    const spec = {
      keep: given("keep") === null ? null : integerOf("keep", given("keep")!, 0),
      olderThanMs: age("older-than"),
      maxBytes: given("max-size") === null ? null : bytesOf("max-size", given("max-size")!),
      keepFailedMs: age("keep-failed"),
      suite: args.suite || null,
    };
    if (spec.keep === null && spec.olderThanMs === null && spec.maxBytes === null && spec.keepFailedMs !== null) {
      throw usageError("--keep-failed alone deletes nothing", "give --keep, --older-than or --max-size as well");
    }
    const db = required("prune", args, "db");
    const { note, warn } = await import("../output/console.ts");
    if (args["dry-run"]) {
      const store = openForReading(db);
      try {
        emitRows(rowsOf(runsToPrune(store, spec, Date.now())), options);
      } finally {
        store.close();
      }
      return exitCode.ok;
    }
    // An unknown column is refused before anything is deleted.
    render(rowsOf([]), options);
    const store = openForWriting(db, { create: false });
    try {
      const done = await prune(store, spec, Date.now());
      if (args.vacuum) vacuum(store);
      emitRows(rowsOf(done.runs), options);
      const shrunk = args.vacuum ? "" : `, database ${megabytes(done.databaseBytes)} shorter`;
      note(
        `deleted ${done.runs.length} runs: ${done.files} files of ${megabytes(done.fileBytes)}, ${done.lines} index lines${shrunk}`,
      );
      if (done.resumed > 0) note(`finished the deletion of ${done.resumed} runs that were gone already`);
      if (!args.vacuum && !done.incremental && done.freeBytes > WORTH_TELLING_BYTES) {
        note(`${megabytes(done.freeBytes)} within the database are free for later runs; --vacuum gives them back`);
      }
      for (const problem of done.problems) warn(problem);
      return done.problems.length > 0 ? exitCode.failure : exitCode.ok;
    } finally {
      store.closeAsFound();
    }
  },
});

const WORTH_TELLING_BYTES = 1 << 20;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function rowsOf(runs: readonly ChosenRun[]) {
  return {
    columns: ["run", "suite", "started_at", "status", "log_bytes"],
    rows: runs.map(({ run, status, fileBytes }) => [
      shortRunId(run.run_id),
      run.suite,
      run.started_at,
      status,
      fileBytes,
    ]),
  };
}
