import fs from "node:fs";
import { ScenariologError } from "../errors.ts";
import { openForWriting } from "../store/open.ts";
import type { Store } from "../store/store.ts";

/**
 * The database that steps are recorded into: `exec` has one for its step, `record` one for all steps of a run. Opened when
 * it is first needed, and tried anew after that failed.
 */
export class Connection {
  #store: Store | null = null;
  #inode: number | undefined;

  constructor(
    readonly database: string,
    private readonly options: { readonly create: boolean; readonly onOpen?: (store: Store) => void } = {
      create: false,
    },
  ) {}

  /** Throws why it cannot be opened. */
  open(): Store {
    if (this.#store) return this.#store;
    const store = openForWriting(this.database, this.options);
    try {
      this.options.onOpen?.(store);
      this.#inode = inodeOf(this.database);
      this.#store = store;
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Throws NO_DATABASE: a file that is gone still takes writes, into nowhere. */
  checkFile(): void {
    if (inodeOf(this.database) === this.#inode) return;
    throw new ScenariologError("NO_DATABASE", `database ${this.database} was removed or replaced while the step ran`);
  }

  /** Throws if SQLite does; it is closed all the same. `asFound`: see Store. */
  close(asFound = false): void {
    const store = this.#store;
    this.#store = null;
    if (asFound) store?.closeAsFound();
    else store?.close();
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return fs.statSync(file).ino;
  } catch {
    return undefined;
  }
}
