import { os } from "./node-os.ts";

/** Of Linux on x64 and arm64 (signal(7)): the system's own table is a module to load. */
const LINUX =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

/** `SIGTERM` for 15; `SIG34` for a real-time signal, which has no name. */
export function signalName(signal: number): string {
  if (process.platform === "linux") return `SIG${LINUX[signal - 1] ?? signal}`;
  return Object.entries(table()).find(([, number]) => number === signal)?.[0] ?? `SIG${signal}`;
}

/** 15 for `SIGTERM`; 0 for a name that this platform does not have. */
export function signalNumber(name: string): number {
  if (process.platform !== "linux") return table()[name] ?? 0;
  return LINUX.indexOf(name.slice(3)) + 1 || Number(/^SIG(\d+)$/.exec(name)?.[1] ?? 0);
}

function table(): Record<string, number> {
  return os().constants.signals;
}
