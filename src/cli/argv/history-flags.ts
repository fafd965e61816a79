import type { HistorySpec } from "../../report/history/comparable-runs.ts";
import { momentMsOf } from "./age.ts";
import type { FlagDefs } from "./flag.ts";
import { integerOf } from "./parse.ts";

/** Which runs are compared with one another. */
export const historyArgs = {
  suite: { type: "string", valueHint: "name", description: "Runs of this suite; default: that of the newest run" },
  branch: {
    type: "string",
    valueHint: "name",
    description: "Runs on this git branch, or * for any; default: the newest run's branch, main and master",
  },
  since: { type: "string", valueHint: "time", description: "Only runs since then: 14d, 12h or 2026-11-02" },
} as const satisfies FlagDefs;

/** Throws USAGE. */
export function historySpecOf(args: Readonly<Record<string, unknown>>): HistorySpec {
  const text = (name: string) => (typeof args[name] === "string" && args[name] !== "" ? String(args[name]) : null);
  const since = text("since");
  return {
    last: integerOf("last", String(args.last), 1),
    suite: text("suite"),
    branch: text("branch"),
    sinceMs: since === null ? null : momentMsOf("since", since, Date.now()),
  };
}
