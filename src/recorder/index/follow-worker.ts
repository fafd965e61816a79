import fs from "node:fs";
import { takeMasks } from "../../files/masked-values.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import { openAgain } from "../../store/open.ts";
import { whereIs } from "../../sys/file-id.ts";
import { type FollowOrder, Phase } from "./follow-order.ts";
import { indexLog } from "./index-log.ts";

/** Not for less: a transaction for a few lines costs about as much as one for many. */
const WORTH_BYTES = 512 * 1024;
const POLL_MS = 50;

declare const self: Worker;

/**
 * A thread that indexes logs while they grow, whole slices only, and leaves the rest to whoever closes the step: where
 * it stands is in the database. It answers `done` when it has let go of the database.
 */
self.onmessage = async ({ data }: MessageEvent<FollowOrder>) => {
  try {
    await follow(data);
  } catch {
    // What it could not index is indexed at the step's end, or is a problem there.
  }
  self.postMessage("done");
};

async function follow({ database, runId, logs, limitBytes, redact, phase }: FollowOrder): Promise<void> {
  const now = new Int32Array(phase);
  const stop = () => Atomics.load(now, 0) !== Phase.index;
  const redactor = redact === null ? undefined : new Redactor({ patterns: redact, environment: process.env });
  const store = openAgain(database);
  try {
    const indexed = new Map<number, number>();
    while (Atomics.load(now, 0) !== Phase.stop) {
      await Bun.sleep(POLL_MS);
      takeMasks(redactor, database, runId);
      for (const { artifactId, file: first, fileId } of logs) {
        // Another recorder may have moved it, and have its own log there now.
        const file = fileId === null ? first : whereIs(first, fileId);
        if (file === null) continue;
        const size = Math.min(limitBytes, fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0);
        if (stop() || size - (indexed.get(artifactId) ?? 0) < WORTH_BYTES) continue;
        const { bytes } = await indexLog(store, { runId, artifactId }, file, {
          end: "growing",
          sizeBytes: limitBytes,
          fileId,
          stop,
          redactor,
        });
        indexed.set(artifactId, bytes);
      }
    }
  } finally {
    store.close();
  }
}
