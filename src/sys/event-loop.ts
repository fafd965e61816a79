/**
 * A turn of the event loop. Handlers of signals that have arrived run in it: without one, a signal is noticed only after
 * everything that needs none, such as a timer, a pipe's end, the process's, and the closing of its row.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
