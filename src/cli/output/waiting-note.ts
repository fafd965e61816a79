import { waitingFiles } from "../../recorder/pending/waiting.ts";
import type { Store } from "../../store/store.ts";

/** Notes on stderr that rows are waiting for the database, so that a report does not show them yet. Never writes to it, never throws. */
export async function noteWaiting(store: Store, selector: string | null): Promise<void> {
  const [first, ...others] = await waitingFor(store, selector);
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  (await import("./console.ts")).note(
    `rows that the database did not take wait in ${first}${more}; the next command that writes takes them in: scenariolog index fts --db ${store.path} --run-id ${selector ?? "latest"}`,
  );
}

async function waitingFor(store: Store, selector: string | null): Promise<string[]> {
  try {
    const files = waitingFiles(store, selector);
    if (files.length === 0) return [];
    const { waitsFor } = await import("../../recorder/pending/import.ts");
    return files.filter((file) => waitsFor(store, file));
  } catch {
    return []; // The report itself explains a fault of the database.
  }
}
