import fs from "node:fs";
import { ScenariologError } from "../../errors.ts";
import { openForWriting } from "../../store/open.ts";
import type { Store } from "../../store/store.ts";
import type { UnindexedLog } from "../pending/import.ts";
import { mayHavePending, pendingFilesFor } from "../pending/places.ts";
import type { PendingRows } from "../rows/pending-rows.ts";
import type { RunStart } from "../rows/run-rows.ts";

/** Hardly any step needs it. */
type TakeIn = typeof import("../pending/import.ts");

/** Rows that this process could not write, and the file that they are in; null if no place had room for one. */
export interface WaitingRows {
  readonly rows: PendingRows;
  readonly file: string | null;
}

export interface ConnectionOptions {
  readonly create: boolean;
  /** Called with each store that is opened, before anything else is written. */
  readonly onOpen?: (store: Store) => void;
  /** The start of the run that `onOpen` has not written so far; null if there is none. */
  readonly unwrittenRun?: () => RunStart | null;
}

/**
 * The database that steps are recorded into: `exec` has one for its step, `record` one for all steps of a run. Opened when
 * it is first needed, and tried anew after that failed.
 */
export class Connection {
  #store: Store | null = null;
  #inode: number | undefined;
  /** Rows that the database has not taken so far, oldest first. */
  #waiting: WaitingRows[] = [];
  readonly #notes = new Set<string>();
  #unindexed: UnindexedLog[] = [];
  #takeIn: TakeIn | null = null;

  constructor(
    readonly database: string,
    private readonly options: ConnectionOptions = { create: false },
  ) {}

  /** Throws why it cannot be opened. */
  open(): Store {
    if (this.#store) return this.#store;
    // One that is gone may come back; a new one would not know what is in it.
    const store = openForWriting(this.database, { create: this.options.create && this.#inode === undefined });
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

  /**
   * Throws NO_DATABASE if the file was removed, or another one has its name: a file that is gone still takes writes, into
   * nowhere. The next opening looks for the database anew.
   */
  checkFile(): void {
    if (this.#store === null || inodeOf(this.database) === this.#inode) return;
    this.close();
    throw new ScenariologError("NO_DATABASE", `database ${this.database} was removed or replaced while the step ran`);
  }

  get unwrittenRun(): RunStart | null {
    return this.options.unwrittenRun?.() ?? null;
  }

  /**
   * Takes in what waits for this database, but for what this process still writes by itself, some of it in files of these
   * names. Throws why the database cannot be opened, or written.
   */
  async importPending(own: readonly string[] = []): Promise<void> {
    if (!mayHavePending(this.database)) return;
    const kept = new Set([...own, ...this.#waiting.map(({ file }) => file)]);
    const files = pendingFilesFor(this.database, []).filter((file) => !kept.has(file));
    if (files.length === 0) return;
    const { takeIn } = await this.#load();
    const { notes, unindexed } = takeIn(this.open(), files);
    for (const note of notes) this.#notes.add(note);
    this.#unindexed.push(...unindexed);
  }

  /** Rows that are to be written before the next ones. */
  async keep(waiting: WaitingRows): Promise<void> {
    await this.#load();
    this.#waiting.push(waiting);
  }

  /** Writes what was kept. Throws why that cannot be done; then it is kept on. */
  writeKept(): void {
    while (this.#waiting.length > 0) {
      const { rows, file } = this.#waiting[0]!;
      const logs = this.#takeIn!.writePending(this.open(), rows);
      if (logs === null) throw new ScenariologError("NO_RUN", `no run ${rows.run.selector} in ${this.database}`);
      this.#unindexed.push(...logs);
      this.#waiting.shift();
      if (file !== null) fs.rmSync(file, { force: true });
    }
  }

  /** Rows that were kept and could be written nowhere, neither into the database nor into a file. */
  get lost(): readonly PendingRows[] {
    return this.#waiting.filter(({ file }) => file === null).map(({ rows }) => rows);
  }

  /** Indexes what was taken in. Returns what could not be, or only in part, a line each, once. */
  async settle(stop: () => boolean): Promise<string[]> {
    const logs = this.#unindexed;
    this.#unindexed = [];
    const notes = [...this.#notes];
    this.#notes.clear();
    if (logs.length === 0 || this.#store === null) return notes;
    const { indexTaken } = await this.#load();
    await indexTaken(this.#store, logs, stop);
    return notes;
  }

  /** Throws if SQLite does; it is closed all the same. `asFound`: see Store. */
  close(asFound = false): void {
    const store = this.#store;
    this.#store = null;
    if (asFound) store?.closeAsFound();
    else store?.close();
  }

  async #load(): Promise<TakeIn> {
    this.#takeIn ??= await import("../pending/import.ts");
    return this.#takeIn;
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return fs.statSync(file).ino;
  } catch {
    return undefined;
  }
}
