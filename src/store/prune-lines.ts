import { type Segment, unrecordedSegments } from "./go-build/unrecorded.ts";
import type { Store } from "./store.ts";

/** Index rows that no account covers and whose artifact is gone, newest first. All are found before any is deleted. */
export function orphanSegments(store: Store): Segment[] {
  return [...unrecordedSegments(store)].filter(
    ({ artifactId }) => store.get("SELECT 1 FROM artifacts WHERE artifact_id = ?", artifactId) === null,
  );
}
