import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { bash, cleanEnv, program, run } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const linux = process.platform === "linux";
const compiled = process.env.SCENARIOLOG_BIN !== undefined;

/** The probe's view with and without the recorder, after the same preparation in the same shell. */
async function bothViews(prepare: string, suite: Suite): Promise<{ direct: string; recorded: string }> {
  const direct = path.join(suite.dir, "direct.txt");
  const probe = `'${fixture("probe.sh")}' one 'two three'`;
  const flags = `--db '${suite.db}' --run-id '${suite.runId}' --root-dir '${suite.dir}' --log-dir logs --name probe --step-num 1`;
  const script = `${prepare}\n${probe} > '${direct}' 2>&1 < /dev/null\nscenariolog exec ${flags} -- ${probe}\nexit $?`;
  const { code, stderr } = await bash(script);
  if (code !== 0) throw new Error(stderr);
  return { direct: fs.readFileSync(direct, "latin1"), recorded: suite.log(1, "stdout").toString("latin1") };
}

describe.if(linux)("a step finds", () => {
  const preparations: Record<string, string> = {
    "everything as it would without a recorder": ":",
    "the caller's soft limit of open files": "ulimit -Sn 300",
    "the caller's other limits": "ulimit -Sc 0; ulimit -St 5000; ulimit -n 400; ulimit -Ss 4096",
    "the signals that the caller ignores": "trap '' HUP INT USR1 PIPE XFSZ",
    "the caller's umask and directory": "umask 0027; cd /",
    "an environment of odd names and bytes":
      "export EMPTY= ; export BYTES=$'a\\xff\\xfeb' NL=$'x\\ny'; f() { :; }; export -f f",
    "the descriptors that the caller left open": "exec 3</dev/null 7>/dev/null 9<>/dev/null",
    "the caller's niceness": "renice -n 5 $$ >/dev/null",
  };
  for (const [what, prepare] of Object.entries(preparations)) {
    test(what, async () => {
      const suite = await startSuite();
      const { direct, recorded } = await bothViews(prepare, suite);
      expect(recorded).toBe(direct);
    });
  }
});

/**
 * Callers whose parent tells nothing about them: the executable notes down by itself what it was given, the source and
 * the npm package cannot.
 */
describe.if(linux && compiled)("a step finds the limit and the signals of", () => {
  const callers: Record<string, string> = {
    "a shell that was exec'ed over": 'ulimit -Sn 300; trap "" PIPE XFSZ; exec "$@"',
    "a subshell that was exec'ed over":
      'ulimit -Sn 400; trap "" PIPE; (ulimit -Sn 300; trap - PIPE; exec "$@"); exit $?',
    "a parent that is no shell": 'ulimit -Sn 300; trap "" PIPE; exec timeout 30 "$@"',
    "a parent that is no shell and has a higher limit":
      'ulimit -Sn 400; exec timeout 30 bash -c \'ulimit -Sn 300; exec "$@"\' - "$@"',
    "a caller with all defaults": 'trap "" PIPE; (trap - PIPE; exec timeout 30 "$@"); exit $?',
  };
  const probe = ["bash", "-c", "ulimit -Sn; ulimit -Hn; grep SigIgn /proc/$$/status"];
  for (const [what, script] of Object.entries(callers)) {
    test(what, async () => {
      const suite = await startSuite();
      const caller = ["bash", "-c", script, "-"];
      const direct = await run([...caller, ...probe]);
      const flags = ["--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "logs"];
      const step = ["--name", "probe", "--step-num", "1", "--", ...probe];
      const { code, stderr } = await run([...caller, ...program, "exec", ...flags, ...step]);
      if (code !== 0) throw new Error(stderr);
      expect(suite.log(1, "stdout").toString()).toBe(direct.stdout);
    });
  }
});

test.if(linux)("nohup also protects the step", async () => {
  const suite = await startSuite();
  await bash(
    `nohup ${program.map((word) => `'${word}'`).join(" ")} exec --db '${suite.db}' --run-id '${suite.runId}' --root-dir '${suite.dir}' \
       --log-dir logs --name step --step-num 1 -- bash -c 'kill -HUP $$; echo survived'`,
  );
  expect(suite.log(1, "stdout").toString()).toBe("survived\n");
});

test("gives the step /dev/null as its input, or the caller's with --stdin inherit", async () => {
  const suite = await startSuite();
  const input = new Blob(["typed\n"]);
  await suite.exec(["--step-num", "1"], ["cat"], { stdin: input });
  await suite.exec(["--step-num", "2", "--stdin", "inherit"], ["cat"], { stdin: input });
  expect(suite.log(1, "stdout").toString()).toBe("");
  expect(suite.log(2, "stdout").toString()).toBe("typed\n");
});

test("adds only SCENARIOLOG_ variables to the environment, with full paths", async () => {
  const suite = await startSuite();
  await suite.exec(["--step-num", "4"], ["env"], { env: { SCENARIOLOG_STEP_ID: "an outer step" } });
  const lines = suite.log(4, "stdout").toString().trimEnd().split("\n");
  const ours = lines.filter((line) => line.startsWith("SCENARIOLOG_"));
  expect(ours.sort()).toEqual([
    "SCENARIOLOG_ATTEMPT=1",
    `SCENARIOLOG_DB=${suite.db}`,
    `SCENARIOLOG_LOG_DIR=${suite.dir}/logs`,
    `SCENARIOLOG_ROOT_DIR=${suite.dir}`,
    `SCENARIOLOG_RUN_ID=${suite.runId}`,
    `SCENARIOLOG_STEP_ID=${suite.runId}-step-04`,
  ]);
  const others = lines.filter((line) => !line.startsWith("SCENARIOLOG_"));
  expect(others.sort()).toEqual(
    Object.entries(cleanEnv)
      .flatMap(([name, value]) => `${name}=${value}`.split("\n"))
      .sort(),
  );
});

test.if(linux && compiled)("leaves the caller's pipes blocking, for the command that follows", async () => {
  const suite = await startSuite();
  for (let step = 1; step <= 3; step++) await suite.exec(["--step-num", String(step)], ["true"]);
  const { stdout } = await bash(
    `{ scenariolog summary --db '${suite.db}'; head -c 300000 /dev/zero; } | { sleep 0.3; wc -c; }
     { scenariolog exec --db '${suite.db}' --run-id '${suite.runId}' --root-dir '${suite.dir}' --log-dir logs --name x --step-num 9 -- true 2>&1
       head -c 300000 /dev/zero; } | { sleep 0.3; tr -cd '\\0' | wc -c; }`,
  );
  const [summary, exec] = stdout.trim().split("\n").map(Number);
  expect(summary! - 300_000).toBe((await suite.verb("summary")).stdout.length);
  expect(exec).toBe(300_000);
});
