import { afterAll } from "bun:test";
import { cleanUp } from "./cleanup.ts";

// setDefaultTimeout() would apply to the first file only. `bun run test` gives every test three minutes, as tests start real
// processes on busy machines.
afterAll(cleanUp);
