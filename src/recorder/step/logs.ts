import fs from "node:fs";
import path from "node:path";
import type { LogFile } from "../../capture/log/log-file.ts";
import { ScenariologError } from "../../errors.ts";
import { logDirOf } from "../../files/paths.ts";
import { logFileName } from "../../model/ids.ts";
import type { StepSpec } from "../../model/step.ts";
import { logFileOf } from "./redacted-log.ts";

export interface StepLogs {
  /** Absolute. */
  readonly dir: string;
  readonly stdout: LogFile;
  readonly stderr: LogFile;
}

/** New files for a step's output, in a log dir that is made when it is missing. What cannot be made goes to the console. */
export function openLogs(spec: StepSpec): StepLogs {
  const dir = logDirOf(spec.rootDir, spec.logDir);
  try {
    fs.mkdirSync(dir, { recursive: true });
  } catch {
    // Opening the files then says why.
  }
  return {
    dir,
    stdout: logFileOf(path.join(dir, logFileName(spec.num, "stdout")), 1, spec),
    stderr: logFileOf(path.join(dir, logFileName(spec.num, "stderr")), 2, spec),
  };
}

/** Throws FILE: a missing directory would be reported by the system as a missing command. */
export function checkWorkDir(dir: string): void {
  if (isDirectory(dir)) return;
  throw new ScenariologError("FILE", `--work-dir ${dir} is not a directory`, { hint: "the step was not started" });
}

function isDirectory(dir: string): boolean {
  try {
    return fs.statSync(dir).isDirectory();
  } catch {
    return false;
  }
}
