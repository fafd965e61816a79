import type { Exit } from "../model/exit.ts";
import { endedBefore } from "./capture.ts";
import type { StepControl } from "./control/step-control.ts";
import type { ChildSpec, Platform } from "./platform.ts";

/** Runs a program with the caller's own stdin, stdout and stderr: it is as if we were not there, but for the signals. */
export async function runAttached(
  platform: Platform,
  control: StepControl,
  spec: Pick<ChildSpec, "argv" | "env">,
): Promise<Exit> {
  if (!(await control.mayStart())) return endedBefore(control);
  const child = platform.spawn({ ...spec, cwd: undefined, stdin: "inherit", output: "console" });
  if ("kind" in child) {
    control.over();
    return child;
  }
  control.started(child.pid);
  const { exit } = await child.exited;
  await control.ended();
  control.over();
  return exit;
}
