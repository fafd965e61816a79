import { type ErrorCode, ScenariologError } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import type { StepSpec } from "../../model/step.ts";
import { findRun } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import type { Connection } from "./connection.ts";

/** The user has to correct these errors before a step starts. With any other error the step runs, unrecorded so far. */
const REFUSED = new Set<ErrorCode>(["USAGE", "NOT_A_DATABASE", "NEWER_SCHEMA", "NO_RUN"]);

/** The run that a step belongs to, in its database, as far as that can be used now. */
export class RunStore {
  /** What the caller gave until the database could be asked; then the run's full id. */
  runId: string;
  /** Why the database cannot be used; undefined as long as nothing went wrong. */
  failure: unknown;
  #store: Store | null = null;

  constructor(
    readonly connection: Connection,
    private readonly asked: Pick<StepSpec, "runId" | "redactor">,
    /** Whether the connection ends with the step. */
    readonly ownsConnection: boolean,
  ) {
    this.runId = asked.runId;
  }

  /** Null if it is not open. */
  get store(): Store | null {
    return this.#store;
  }

  /**
   * Opens the database for the first time and imports the rows that wait for it. Throws the user's mistakes: a newer schema,
   * an unknown run. Any other error becomes the failure.
   */
  async openFirst(): Promise<void> {
    try {
      this.open();
      await this.connection.importPending();
    } catch (error) {
      // The database of `record` was there at the start of the run: whatever came in its place, the steps go on.
      if (this.ownsConnection && error instanceof ScenariologError && REFUSED.has(error.code)) throw error;
      this.failure = error;
    }
  }

  /** The open store. Throws why the database cannot be opened, or that it does not know the run. */
  open(): Store {
    if (this.#store !== null) return this.#store;
    const store = this.connection.open();
    this.runId = findRun(store, this.asked.runId).run_id;
    this.#store = store;
    takeMasks(this.asked.redactor, store.path, this.runId);
    return store;
  }

  /** Opens it again, and finds the run anew. Throws as `open` does. */
  reopen(): Store {
    this.forget();
    return this.open();
  }

  /** The next use opens the database anew. */
  forget(): void {
    this.#store = null;
  }

  /** Closes the connection if it ends with the step. Throws if SQLite does. */
  close(): void {
    this.forget();
    if (this.ownsConnection) this.connection.close(true);
  }
}
