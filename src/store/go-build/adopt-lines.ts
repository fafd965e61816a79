import { addRange, setIndexState } from "../lines.ts";
import type { Store } from "../store.ts";
import { unrecordedSegments } from "./unrecorded.ts";

/**
 * Adopts what the Go build indexed: artifacts without a state whose lines are there become complete, because it indexes an
 * artifact in one transaction or not at all. It costs little if there is none.
 */
export function adoptLines(store: Store): void {
  store.transaction(() => {
    const unknown = "SELECT 1 FROM artifacts WHERE artifact_id NOT IN (SELECT artifact_id FROM artifact_index)";
    if (!store.get(`${unknown} LIMIT 1`)) return;
    const lines = new Map<number, number>();
    for (const { artifactId, first, last } of [...unrecordedSegments(store)]) {
      if (!store.get(`${unknown} AND artifact_id = ?`, artifactId)) continue;
      addRange(store, artifactId, first, last);
      lines.set(artifactId, (lines.get(artifactId) ?? 0) + last - first + 1);
    }
    for (const [artifactId, count] of lines) {
      setIndexState(store, artifactId, { state: "complete", lines: count, bytes: 0 });
    }
  });
}
