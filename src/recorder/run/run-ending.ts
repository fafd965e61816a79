import { messageOf } from "../../errors.ts";
import type { Clock } from "../../model/time.ts";
import { databaseName } from "../pending/places.ts";
import type { PendingRows } from "../rows/pending-rows.ts";
import type { RunEnding } from "../rows/run-rows.ts";
import type { Connection } from "../step/connection.ts";
import { endRun } from "./run.ts";

/**
 * Writes the end of a run whose steps this process has recorded, after the rows of those steps that are not written yet. Closes
 * the connection. `logDir` is absolute. Returns what is not recorded, a line each. Never throws.
 */
export async function writeRunEnd(
  connection: Connection,
  {
    runId,
    logDir,
    code,
    ending,
  }: { readonly runId: string; readonly logDir: string; readonly code: number; readonly ending: RunEnding },
  clock: Clock,
): Promise<string[]> {
  const problems: string[] = [];
  try {
    connection.checkFile();
    const store = connection.open();
    connection.writeKept();
    problems.push(...(await endRun(store, runId, code, { clock, ending })), ...(await connection.settle(() => false)));
    connection.close();
  } catch (error) {
    const end = { completedAt: clock.now(), exitCode: code, ...ending };
    const run = { selector: runId, start: connection.unwrittenRun, end };
    problems.push(
      await savedRunEnd({ database: databaseName(connection.database), run, attempt: null }, logDir, error),
    );
  }
  const lost = connection.lost.map(({ attempt }) => attempt?.step.num).join(", ");
  if (lost !== "") problems.push(`the rows of these steps are lost, as no directory had room for them: ${lost}`);
  return problems;
}

/** Puts a run's end that the database did not take into a file. Returns the line that says so, and why. */
export async function savedRunEnd(rows: PendingRows, logDir: string, error: unknown): Promise<string> {
  const reason = messageOf(error);
  const what = `the run's end is not recorded: ${reason}`;
  try {
    const { savePending } = await import("../pending/save.ts");
    return `${what}; it waits in ${savePending(rows, logDir)} for the next command that writes`;
  } catch {
    return `${what}; no directory has room for it, so run end has to record it`;
  }
}
