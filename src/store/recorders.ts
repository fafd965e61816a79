import { isAlive, ownIdentity } from "../sys/process-identity.ts";
import type { RecorderIdentity } from "./attempts.ts";

/** Identifies this process in the way in which `attempts` stores recorders. */
export function ownRecorder(): RecorderIdentity {
  const { pid, startTicks, bootId, pidNamespace } = ownIdentity();
  return { recorder_pid: pid, recorder_start: startTicks, boot_id: bootId, pid_namespace: pidNamespace };
}

/** Whether the recorder of an attempt or a command may still be at work. */
export function isRecording(recorder: RecorderIdentity): boolean {
  return isAlive({
    pid: recorder.recorder_pid,
    startTicks: recorder.recorder_start,
    bootId: recorder.boot_id,
    pidNamespace: recorder.pid_namespace,
  });
}
