import type { Gate } from "../../files/gate.ts";
import { elapsedMs } from "../../model/time.ts";
import { artifactsOfCommand } from "../../store/artifacts.ts";
import type { RecorderIdentity } from "../../store/attempts.ts";
import { type OpenCommand, openCommands } from "../../store/commands.ts";
import { logFileOfArtifact } from "../../store/log-files.ts";
import { isRecording } from "../../store/recorders.ts";
import type { Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { endCommand } from "../inside/command-rows.ts";
import { KILLED, lastSignOf, takeInOne } from "./attempts.ts";

/** Closes the commands of a run whose recorder is gone, with what their files hold. One that is at work is left alone. */
export async function closeAbandonedCommands(store: Store, run: Run, gate: Gate, problems: string[]): Promise<void> {
  for (const command of openCommands(store, run.run_id)) {
    if (isAtWork(command)) continue;
    const logs = await takeIn(store, gate, problems, command);
    const scope = { runId: run.run_id, stepId: command.step_id, commandId: command.command_id };
    store.transaction(() => {
      const isStillOpen = openCommands(store, run.run_id).some(({ command_id: id }) => id === command.command_id);
      if (!isStillOpen) return;
      const completedAt = lastSignOf(command, logs);
      const durationMs = elapsedMs(command.started_at, completedAt);
      const tags = [["exit.reason", "interrupted"]] as const;
      endCommand(store, { scope, rootDir: run.root_dir }, { completedAt, exitCode: KILLED, durationMs, tags }, logs);
    });
  }
}

async function takeIn(store: Store, gate: Gate, problems: string[], { command_id: commandId }: OpenCommand) {
  const rows = artifactsOfCommand(store, commandId).flatMap((id) => logFileOfArtifact(store, id) ?? []);
  return Promise.all(
    rows.map(async (row) => ({ ...(await takeInOne(store, gate, problems, row)), artifactId: row.artifact_id! })),
  );
}

function isAtWork({ recorder }: OpenCommand): boolean {
  try {
    return isRecording(JSON.parse(recorder) as RecorderIdentity);
  } catch {
    return false;
  }
}
