import { describe, expect, test } from "bun:test";
import path from "node:path";
import { program, run } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";

const WARNING = /^\[scenariolog\] warning: no function of the C library can be called \(.+\): .+$/gm;

/** What takes the JIT compiler away from Bun, and with it all calls of C. */
const limits: Readonly<Record<string, string>> = {
  "below a limit of memory": "ulimit -v 2000000",
  "without a JIT compiler": "export BUN_JSC_useJIT=0",
};

describe.if(process.platform === "linux").concurrent("where no C function can be called", () => {
  for (const [where, limit] of Object.entries(limits)) {
    test(`${where}, steps are run and recorded, with one warning, and no library is looked for here`, async () => {
      const suite = scripts({ "01-a.sh": "echo out; echo err >&2", "02-b.sh": "exit 4" });
      // Whoever opens one of these would wait for ever.
      for (const name of ["libc.so", "libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"]) {
        expect(Bun.spawnSync(["mkfifo", path.join(suite.dir, name)]).exitCode).toBe(0);
      }
      const limited = (args: readonly string[]) =>
        run(["bash", "-c", `${limit}; exec "$@"`, "bash", ...program, ...args], { cwd: suite.dir });

      const recorded = await limited(["record", "steps"]);
      expect(recorded).toMatchObject({ code: 4, stdout: "" });
      expect(recorded.stderr.match(WARNING)).toHaveLength(1);
      expect(suite.steps()).toEqual([
        [1, "a", 0],
        [2, "b", 4],
      ]);
      expect([suite.log(1, "stdout"), suite.log(1, "stderr")]).toEqual(["out\n", "err\n"]);

      const { run_id: runId } = suite.run();
      const where = ["--db", ".scenario-run.db", "--run-id", String(runId), "--root-dir", ".", "--log-dir", "logs"];
      const exec = await limited(["exec", ...where, "--name", "c", "--", "sh", "-c", "exit 5"]);
      expect(exec.code).toBe(5);
      expect(exec.stderr.match(WARNING)).toHaveLength(1);
      expect(exec.stderr).toContain(" exit=5 ");

      const harness = await limited(["record", "--", "sh", "-c", "echo hi; exit 3"]);
      expect(harness).toMatchObject({ code: 3, stdout: "hi\n" });
      for (const { stderr } of [recorded, exec, harness]) expect(stderr).not.toContain("defect");
    });
  }
});
