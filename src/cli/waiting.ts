import { waitingFiles } from "../recorder/waiting-rows.ts";
import type { Store } from "../store/store.ts";

/** Says that rows wait for a database that a report has read: what it shows is not all there is. Writes nothing. */
export async function noteWaiting(store: Store, selector: string | null): Promise<void> {
  const files = waitingFiles(store, selector);
  if (files.length === 0) return;
  const { waitsFor } = await import("../recorder/take-in.ts");
  const [first, ...others] = files.filter((file) => waitsFor(store, file));
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  (await import("./console.ts")).note(
    `rows that the database did not take wait in ${first}${more}; the next command that writes takes them in: scenariolog index fts --db ${store.path} --run-id ${selector ?? "latest"}`,
  );
}
