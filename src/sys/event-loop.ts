/**
 * Resolves after one turn of the event loop, in which the handlers of signals that have arrived run. Without it, timers, the
 * ends of pipes and of processes, and the writing of rows all come before a signal that was sent earlier.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
