import { main } from "./cli/main.ts";

// Not process.exit(): what a stream has not written yet would be lost.
process.exitCode = await main(process.argv.slice(2));
