import { setDefaultTimeout } from "bun:test";

// A test here starts real processes; the default of five seconds is for functions.
setDefaultTimeout(60_000);
