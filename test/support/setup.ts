import { afterAll } from "bun:test";
import { unmountAll } from "./mounts.ts";
import { removeTempDirs } from "./program.ts";

// setDefaultTimeout() here would hold for the first file only: `bun run test` gives every test, which may start real
// processes, its minute.
afterAll(() => {
  unmountAll();
  removeTempDirs();
});
