import { messageOf } from "../../errors.ts";
import type { Gate } from "../../files/gate.ts";
import { hashOf } from "../../files/hash.ts";
import { finishArtifact, unfinishedOfRun } from "../../store/artifacts.ts";
import type { Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { indexLog } from "../index/index-log.ts";

/** Takes in the output of a harness whose recorder was killed: size, hash and lines of what its files hold. */
export async function closeRunOutput(store: Store, run: Run, gate: Gate, problems: string[]): Promise<void> {
  for (const { artifact_id: artifactId, path } of unfinishedOfRun(store, run.run_id)) {
    const found = gate.find(path);
    if ("problem" in found) {
      problems.push(`${path} ${found.reason}; it was not taken in`);
      continue;
    }
    try {
      const { file, sizeBytes } = found;
      const sha256 = await hashOf(file, sizeBytes);
      store.transaction(() => finishArtifact(store, artifactId, { path, sizeBytes, sha256 }));
      if (store.fts) await indexLog(store, { runId: run.run_id, artifactId }, file, { sizeBytes, exact: true });
    } catch (error) {
      problems.push(`${path} was not taken in: ${messageOf(error)}`);
    }
  }
}
