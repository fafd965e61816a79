import { main } from "./cli/main.ts";

const end = await main(process.argv.slice(2));
if (typeof end === "number") {
  // At once: the engine would take 2 ms to tidy up what ends with the process anyway. Nothing is left to be written, since
  // no verb writes through a stream (see cli/streams.ts), nor to be waited for.
  process.exit(end);
} else {
  // Where the signal is blocked, or we are the first process of a container, it has no effect.
  process.exitCode = 128 + ((await import("node:os")).constants.signals[end.signal] ?? 0);
  // The default effect is back by now, and the caller's shell sees a death by this signal, and stops as well.
  process.removeAllListeners(end.signal);
  process.kill(process.pid, end.signal);
}
