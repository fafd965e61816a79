import type { Platform } from "../platform.ts";

/** Signals that ask a program to end. */
export const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/**
 * Handles a signal, unless our caller made it one that we ignore or block: then so does the step, and it is not ours.
 * Returns what gives it its default effect back.
 */
export function onSignal(platform: Platform, signal: NodeJS.Signals, handler: () => void): () => void {
  const inherited = platform.inherited(signal);
  if (inherited === "ignored") return () => {};
  // Bun's other threads do not block what its first one does: it would end us.
  const called = inherited === "blocked" ? () => {} : handler;
  process.on(signal, called);
  return () => void process.off(signal, called);
}
