import { type Clock, systemClock } from "../../model/time.ts";
import { insertNote } from "../../store/notes.ts";
import type { Store } from "../../store/store.ts";
import { removeTags, setTags } from "../../store/tags.ts";
import { findPlace, type PlaceSpec } from "./place.ts";

/** Sets tags of a run or a step that is there; an empty value takes its tag away. Throws NO_RUN. */
export function setTagsAt(store: Store, at: PlaceSpec, tags: readonly (readonly [string, string])[]): void {
  store.transaction(() => {
    const { runId, stepId } = findPlace(store, at);
    const empty = tags.filter(([, value]) => value === "").map(([key]) => key);
    setTags(store, { runId, stepId }, tags);
    removeTags(store, { runId, stepId }, empty);
  });
}

/** Throws NO_RUN. */
export function addNote(store: Store, at: PlaceSpec, text: string, clock: Clock = systemClock): void {
  const createdAt = clock.now();
  store.transaction(() => {
    const { runId, stepId } = findPlace(store, at);
    insertNote(store, { runId, stepId, createdAt, text });
  });
}
