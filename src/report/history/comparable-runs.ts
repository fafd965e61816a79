import { ScenariologError } from "../../errors.ts";
import { parseTime } from "../../model/time.ts";
import { newestRuns, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { countedRuns } from "../statuses.ts";

export interface HistorySpec {
  /** Runs at most. */
  readonly last: number;
  /** Null: the suite of the newest run. */
  readonly suite: string | null;
  /** Null: the newest run's branch, main and master; `*`: any. */
  readonly branch: string | null;
  /** Epoch, in ms; null is no limit. */
  readonly sinceMs: number | null;
}

/** A run whose steps can be compared with those of others. */
export interface ComparableRun {
  readonly run: Run;
  readonly startedMs: number;
  readonly tags: ReadonlyMap<string, string>;
  /** What the machine is: steps are only compared with those of the same environment. */
  readonly environment: string;
  /** Null if none is tagged. */
  readonly commit: string | null;
  /** The working tree differed from the commit. */
  readonly dirty: boolean;
}

export interface ComparableRuns {
  readonly suite: string | null;
  /** Oldest first. */
  readonly runs: readonly ComparableRun[];
  /** Runs that nearly all steps failed in, which is taken for a fault of the environment. */
  readonly broken: readonly string[];
}

const BASELINES = ["main", "master"];
/** Runs that are looked at together; twice as many with each look. */
const FIRST_LOOK = 64;
/** Of the steps that ran, more than this share failed. */
const BROKEN_SHARE = 0.8;
/** In a suite of fewer steps, one fault of its own can be all of them. */
const FEWEST_STEPS = 5;

/**
 * The newest runs of a suite that tell something about its steps: those that have ended and were not interrupted. A run in
 * which more than 80 % of five or more steps failed is left out as well, unless it is the newest, which has to be told.
 * Throws NO_RUN if the suite has no run.
 */
export function comparableRuns(store: Store, spec: HistorySpec): ComparableRuns {
  const suite = spec.suite ?? newestRuns(store, null, 1)[0]?.suite ?? null;
  const found: ComparableRun[] = [];
  const broken: string[] = [];
  let branches: ReadonlySet<string> | null =
    spec.branch === null || spec.branch === "*" ? null : new Set([spec.branch]);
  for (let look = FIRST_LOOK, offset = 0; found.length < spec.last; offset += look, look *= 2) {
    const page = newestRuns(store, suite, look, offset);
    // `newestRuns` takes null for any suite: runs without a suite are compared with one another only.
    const own = suite === null ? page.filter((run) => run.suite === null) : page;
    for (const { run, status, counts } of countedRuns(store, own)) {
      const startedMs = Number((parseTime(run.started_at) ?? 0n) / 1_000_000n);
      if (spec.sinceMs !== null && startedMs < spec.sinceMs) return { suite, runs: found.reverse(), broken };
      if (run.completed_at === null || status === "interrupted" || status === "running") continue;
      const branch = counts.tags.get("git.branch");
      if (branches === null && spec.branch === null && found.length === 0 && branch !== undefined) {
        branches = new Set([branch, ...BASELINES]);
      }
      if (branches !== null && !isOn(branches, branch, spec.branch)) continue;
      const ran = counts.passed + counts.failed;
      if (found.length > 0 && ran >= FEWEST_STEPS && counts.failed > BROKEN_SHARE * ran) broken.push(run.run_id);
      else found.push({ run, startedMs, tags: counts.tags, ...stateOf(counts.tags) });
      if (found.length === spec.last) break;
    }
    if (page.length < look) break;
  }
  if (found.length === 0 && newestRuns(store, suite, 1).length === 0) throw noRun(store, spec.suite);
  return { suite, runs: found.reverse(), broken };
}

/** A run without a branch counts, unless the user asks for one. */
function isOn(branches: ReadonlySet<string>, branch: string | undefined, asked: string | null): boolean {
  return branch === undefined ? asked === null : branches.has(branch);
}

function stateOf(tags: ReadonlyMap<string, string>): Pick<ComparableRun, "environment" | "commit" | "dirty"> {
  const system = [tags.get("host.os"), tags.get("host.arch")].filter(Boolean).join("/");
  return {
    environment: [system, tags.get("env")].filter(Boolean).join(" "),
    commit: tags.get("git.commit") ?? null,
    dirty: tags.get("git.dirty") === "true",
  };
}

function noRun(store: Store, suite: string | null): ScenariologError {
  return suite === null
    ? new ScenariologError("NO_RUN", `no runs in ${store.path}`, { hint: "record one: scenariolog record STEPS" })
    : new ScenariologError("NO_RUN", `no run of suite ${JSON.stringify(suite)} in ${store.path}`, {
        hint: `see which suites there are: scenariolog runs --db ${store.path}`,
      });
}
