import type { Store } from "../store/store.ts";
import { tagsOfSteps } from "../store/tags.ts";

/** What a step's trace says made it fail. Null where it does not say. */
export interface FailedAt {
  /** Relative to the run's root_dir where it lies in there; null for a script that is no file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly command: string | null;
}

/** By step id: of the steps of a run for which that is known. */
export function failedAt(store: Store, runId: string): Map<string, FailedAt> {
  const tags = tagsOfSteps(store, runId, ["failed.file", "failed.line", "failed.command"]);
  return new Map([...tags].map(([stepId, values]) => [stepId, namedIn(values)]));
}

/** What the tags of one step say. */
export function namedIn(tags: ReadonlyMap<string, string>): FailedAt {
  const line = tags.get("failed.line");
  return {
    file: tags.get("failed.file") ?? null,
    line: line === undefined ? null : Number(line),
    command: tags.get("failed.command") ?? null,
  };
}
