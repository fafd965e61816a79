import { main } from "./cli/main.ts";

const end = await main(process.argv.slice(2));
if (typeof end === "number") {
  // A natural end would take 2 ms for tidying up what ends with the process anyway. Nothing is left to write or to wait for:
  // no verb writes through a stream (see cli/output/streams.ts).
  process.exit(end);
} else {
  // For the cases in which the signal has no effect: it is blocked, or we are the first process of a container.
  process.exitCode = 128 + ((await import("node:os")).constants.signals[end.signal] ?? 0);
  // The signal's default action is restored, so the caller's shell sees a death by this signal and stops as well.
  process.removeAllListeners(end.signal);
  process.kill(process.pid, end.signal);
}
