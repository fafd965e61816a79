import { afterAll, setDefaultTimeout } from "bun:test";
import { removeTempDirs } from "./program.ts";

// A test here starts real processes; the default of five seconds is for functions.
setDefaultTimeout(60_000);
afterAll(removeTempDirs);
