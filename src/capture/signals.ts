import os from "node:os";

/** `SIGTERM` for 15; `SIG34` for a real-time signal, which has no name. */
export function signalName(signal: number): string {
  for (const [name, number] of Object.entries(os.constants.signals)) if (number === signal) return name;
  return `SIG${signal}`;
}

/** 15 for `SIGTERM`; 0 for a name that this platform does not have. */
export function signalNumber(name: string): number {
  return (os.constants.signals as Record<string, number>)[name] ?? (Number(/^SIG(\d+)$/.exec(name)?.[1]) || 0);
}
