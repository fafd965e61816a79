import type { Captured } from "../../capture/capture.ts";
import type { Cause } from "../../capture/control/step-control.ts";
import { exitCode } from "../../errors.ts";
import { codeOf } from "../../model/exit.ts";
import { PLACE_TAGS } from "../../model/failing-place.ts";
import { SKIP_CODE, type StepSpec } from "../../model/step.ts";
import { signalNumber } from "../../sys/signals.ts";

const COUNTER_SLACK_BYTES = 1 << 20;

/** What an attempt counts as. */
export interface Outcome {
  readonly code: number;
  /** Where its end was not its own doing. */
  readonly reason: "interrupted" | "timeout" | "leak" | "skipped" | null;
  /** Why it was skipped, as far as it said. */
  readonly skipReason: string | null;
  readonly endBySignal: NodeJS.Signals | undefined;
  /** Automatic tags about the end, in order. */
  readonly tags: readonly (readonly [string, string])[];
}

/** All automatic tags about an end: taken away when a step is tried again. */
export const endTags = [
  "exit.signal",
  "exit.reason",
  "exit.error",
  "skip.reason",
  "timeout_ms",
  "leaked",
  "leaked.processes",
  "log.problem",
  "log.masks",
  "flaky",
  ...PLACE_TAGS,
  "trace.off",
  "trace.commands_left_out",
  "trace.bytes_left_out",
  "rusage.max_rss_bytes",
  "rusage.max_rss_floor_bytes",
  "rusage.user_ms",
  "rusage.sys_ms",
] as const;

/**
 * A timeout is 124, as in timeout(1). A signal to the recorder alone is 128+n, whatever the step made of it, and ends
 * the recorder as well. One that everyone got (Ctrl-C) is for the step to answer, as without us: its own end counts,
 * unless we had to end it (`killed`).
 */
export function outcomeOf(
  captured: Captured,
  control: { readonly cause: Cause | null; readonly killed: boolean },
  spec: Pick<StepSpec, "timeoutMs" | "onLeak" | "skipCode">,
  said: Said = SAID_NOTHING,
): Outcome {
  const outcome = skipped(endOf(captured, control, spec), captured, spec, said);
  return { ...outcome, tags: [...outcome.tags, ...usageTags(captured)] };
}

/** What a step told about being skipped; asked only if its code may mean that. */
export interface Said {
  /** What it gave `scenariolog skip` as the reason; null if it did not call that. */
  asked(): string | null;
  /** The last line that it printed; null if there is none. */
  lastLine(): string | null;
}

const SAID_NOTHING: Said = { asked: () => null, lastLine: () => null };

type End = Omit<Outcome, "skipReason">;

/**
 * An end by the skip code is no failure. Without such a code only `scenariolog skip` makes it so. A script that went on
 * after it ends as it ends: its code says whether it passed or failed.
 */
function skipped(end: End, { exit }: Captured, { skipCode = null }: Pick<StepSpec, "skipCode">, said: Said): Outcome {
  const mayBe = end.reason === null && exit.kind === "code" && exit.code === (skipCode ?? SKIP_CODE);
  const asked = mayBe ? said.asked() : null;
  if (!mayBe || (skipCode === null && asked === null)) return { ...end, skipReason: null };
  const skipReason = asked ?? said.lastLine();
  const tags: [string, string][] = [
    ["exit.reason", "skipped"],
    ["skip.reason", skipReason ?? ""],
  ];
  return { ...end, reason: "skipped", skipReason, tags: [...end.tags, ...tags] };
}

function endOf(
  { exit, leaked }: Captured,
  { cause, killed }: { readonly cause: Cause | null; readonly killed: boolean },
  spec: Pick<StepSpec, "timeoutMs" | "onLeak">,
): End {
  const tags: [string, string][] = [];
  if (exit.kind === "not-started") tags.push(["exit.error", exit.reason]);
  if (leaked !== null) tags.push(["leaked", "true"], ["leaked.processes", JSON.stringify(leaked)]);

  if (cause?.kind === "timeout") {
    if (exit.kind === "signal") tags.push(["exit.signal", exit.name]);
    tags.push(["exit.reason", "timeout"]);
    if (cause.deadline) tags.push(["exit.error", "the deadline of the run had come"]);
    else tags.push(["timeout_ms", String(spec.timeoutMs)]);
    return { code: exitCode.timeout, reason: "timeout", endBySignal: undefined, tags };
  }
  if (cause?.kind === "signal") {
    if (cause.moment === "before") tags.push(["exit.error", "the signal came before the step had started"]);
    if (cause.everyone && cause.moment === "running" && !killed) {
      const died = exit.kind === "signal" ? (exit.name as NodeJS.Signals) : undefined;
      tags.push(["exit.signal", died ?? cause.signal], ["exit.reason", "interrupted"]);
      return { code: codeOf(exit), reason: "interrupted", endBySignal: died, tags };
    }
    tags.push(["exit.signal", cause.signal], ["exit.reason", "interrupted"]);
    const code = exitCode.signalBase + signalNumber(cause.signal);
    return { code, reason: "interrupted", endBySignal: cause.signal, tags };
  }
  if (exit.kind === "signal") tags.push(["exit.signal", exit.name]);
  if (leaked !== null && spec.onLeak === "fail" && codeOf(exit) === 0) {
    tags.push(["exit.reason", "leak"]);
    return { code: exitCode.failure, reason: "leak", endBySignal: undefined, tags };
  }
  return { code: codeOf(exit), reason: null, endBySignal: undefined, tags };
}

/**
 * A process that stayed below our own size (see ResourceUsage) was anything from nothing to that: then only the bound is
 * kept, under a name of its own. The kernel's counters are some pages off.
 */
function usageTags({ usage }: Captured): [string, string][] {
  if (usage === null) return [];
  const { maxRssBytes, maxRssFloorBytes, userMs, sysMs } = usage;
  const known = maxRssBytes > maxRssFloorBytes + COUNTER_SLACK_BYTES;
  return [
    known ? ["rusage.max_rss_bytes", String(maxRssBytes)] : ["rusage.max_rss_floor_bytes", String(maxRssBytes)],
    ["rusage.user_ms", String(userMs)],
    ["rusage.sys_ms", String(sysMs)],
  ];
}
