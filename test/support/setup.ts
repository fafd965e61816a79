import { afterAll } from "bun:test";
import { cleanUp } from "./cleanup.ts";

// setDefaultTimeout() here would hold for the first file only: `bun run test` gives every test, which may start real
// processes on a busy machine, its three minutes.
afterAll(cleanUp);
