import type { Stream } from "../model/ids.ts";
import { outputMarksOf } from "../store/output-marks.ts";
import type { Store } from "../store/store.ts";
import { decodeMarks } from "./timeline.ts";

/** The stream that an attempt wrote to last; null if it wrote nothing, or that is not known. */
export function lastStreamOf(store: Store, stepId: string, attempt: number): Stream | null {
  const encoded = outputMarksOf(store, stepId, attempt);
  return (encoded && decodeMarks(encoded)?.marks.at(-1)?.stream) ?? null;
}
