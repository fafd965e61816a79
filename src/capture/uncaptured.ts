import { type Captured, endedBefore } from "./capture.ts";
import type { ChildSpec, Platform } from "./child.ts";
import type { StepControl } from "./step-control.ts";

/** Runs a process whose output goes where ours does, and is not kept. Signals are its as of one that is captured. */
export async function uncaptured(
  platform: Platform,
  control: StepControl,
  spec: Omit<ChildSpec, "output">,
): Promise<Captured> {
  const nothing = { usage: null, leaked: null, problems: [] };
  if (!(await control.mayStart())) return { ...nothing, exit: endedBefore(control) };
  const child = platform.spawn({ ...spec, output: "console" });
  if ("kind" in child) {
    control.over();
    return { ...nothing, exit: child };
  }
  control.started(child.pid);
  const { exit } = await child.exited;
  await control.ended();
  control.over();
  return { ...nothing, exit };
}
