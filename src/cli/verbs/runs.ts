import { runStatuses } from "../../model/step.ts";
import { parseTag } from "../../model/tags.ts";
import { runs } from "../../report/runs.ts";
import { momentMsOf } from "../argv/age.ts";
import { integer } from "../argv/flag.ts";
import { noRun, reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "runs",
  flags: {
    suite: { type: "string", valueHint: "name", description: "Only runs of this suite" },
    status: { type: "enum", options: [...runStatuses], description: "Only runs of this status" },
    tag: {
      type: "string",
      repeatable: true,
      parse: (text: string, flag: string) => parseTag(text, flag),
      valueHint: "key:value",
      description: "Only runs with this tag, for example git.branch:main; repeatable",
    },
    since: {
      type: "string",
      parse: (text: string, flag: string) => momentMsOf(flag, text, Date.now()),
      valueHint: "time",
      description: "Only runs since then: 7d, 12h or 2026-11-02",
    },
    limit: {
      type: "string",
      alias: "n",
      default: "20",
      parse: integer(),
      valueHint: "n",
      description: "The number of runs at most; 0 is none, negative is all",
    },
  },
  run: noRun("runs"),
  report: (store, _run, { suite, status, tag, since, limit }) =>
    runs(store, {
      suite: suite || null,
      status: status ?? null,
      tags: tag ?? [],
      sinceMs: since ?? null,
      limit,
    }),
  empty: (_rows, { suite, status, tag, since }) =>
    suite || status || tag || since !== undefined ? "no run is like that" : "no run is recorded",
});
