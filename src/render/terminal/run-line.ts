import { shortRunId } from "../../model/ids.ts";
import { parseTime } from "../../model/time.ts";
import type { RunFacts } from "../../report/run-facts.ts";
import { visible } from "../text.ts";
import { cutEnd } from "./cut.ts";
import { humanAge, humanDuration, humanTime } from "./human.ts";
import { coloured, colourOf, type TerminalOptions } from "./table.ts";

/** The run that an answer is about, once, above it: `1f2e3d4c  orders  14:02:31 (5 min ago)  main 1a2b3c4  failed in 1.23s`. */
export function runLine({ run, status, commit, branch }: RunFacts, options: TerminalOptions): string {
  const start = parseTime(run.started_at);
  const startMs = start === null ? null : Number(start / 1_000_000n);
  const when = startMs === null ? "" : `${humanTime(startMs, options.nowMs)} (${humanAge(startMs, options.nowMs)})`;
  const tookMs = status === "running" && startMs !== null ? Math.max(0, options.nowMs - startMs) : run.duration_ms;
  const took = tookMs === null ? "" : ` ${status === "running" ? "for" : "in"} ${humanDuration(tookMs)}`;
  const result = `${status}${took}`;
  const facts = [
    shortRunId(run.run_id),
    run.suite ?? "",
    when,
    [branch, commit?.slice(0, 7)].filter(Boolean).join(" "),
  ];
  const left = cutEnd(
    facts
      .filter((fact) => fact !== "")
      .map(visible)
      .join("  "),
    Math.max(8, options.columns - result.length - 2),
  );
  const colour = colourOf(status);
  return `${coloured(left, "dim", options)}  ${colour ? coloured(result, colour, options) : result}\n\n`;
}
