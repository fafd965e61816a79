import { describe, expect, test } from "bun:test";
import { fixture } from "../support/fixtures.ts";
import { endOf, leftOf, logOf, logWith, startExec, unrecorded } from "../support/started.ts";
import { startSuite } from "../support/suite.ts";

describe.if(process.platform === "linux").concurrent("a step that takes longer than --timeout", () => {
  const units = { "400ms": 400, "0.4s": 400, "0.4": 400, "0.005m": 300, "0.0001h": 360 };
  for (const [text, timeoutMs] of Object.entries(units)) {
    test(`is ended after ${text}: 124, with the reason and the time in its tags`, async () => {
      const suite = await startSuite();
      const exec = startExec(suite, ["--timeout", text], ["sleep", "60"]);
      const { code, signal, stderr } = await exec.ended;
      expect({ code, signal }).toEqual({ code: 124, signal: null });
      expect(stderr).toMatch(/^\[scenariolog\] step=\S+ exit=124 [^\n]*\nError: step \S+ exited with code 124\n$/);
      expect(endOf(suite)).toEqual({
        code: 124,
        closed: true,
        "exit.signal": "SIGTERM",
        "exit.reason": "timeout",
        timeout_ms: String(timeoutMs),
      });
      const [row] = suite.sql("SELECT duration_ms FROM steps");
      expect(row!.duration_ms).toBeWithin(timeoutMs, timeoutMs + 5000);
      expect(unrecorded(suite)).toEqual([]);
    });
  }

  test("gets TERM first, and is 124 as well when it then exits with 0", async () => {
    const suite = await startSuite();
    const script = "trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
    const { code } = await startExec(suite, ["--timeout", "300ms"], ["bash", "-c", script]).ended;
    expect(code).toBe(124);
    expect(logOf(suite)).toBe("ready\ncleaned up\n");
    expect(endOf(suite)).toEqual({ code: 124, closed: true, "exit.reason": "timeout", timeout_ms: "300" });
  });

  test("gets KILL after the grace period, with everything that came from it", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--timeout", "500ms", "--grace", "400ms"], [fixture("tree.sh")]);
    const { code, ms } = await exec.ended;
    expect(code).toBe(124);
    expect(ms).toBeWithin(850, 8000);
    expect(logOf(suite)).toContain("ready\n");
    expect(leftOf(suite)).toEqual([]);
    expect(endOf(suite)).toMatchObject({ code: 124, "exit.signal": "SIGKILL", "exit.reason": "timeout" });
  });

  test("is ended in every one of its attempts, each with its own time", async () => {
    const suite = await startSuite();
    const script = 'echo "attempt $SCENARIOLOG_ATTEMPT"; [ "$SCENARIOLOG_ATTEMPT" = 3 ] || exec sleep 60';
    const exec = startExec(suite, ["--timeout", "300ms", "--retries", "5"], ["bash", "-c", script]);
    const { code, stderr } = await exec.ended;
    expect(code).toBe(0);
    expect(stderr).toContain(" attempts=3 FLAKY\n");
    expect(suite.sql("SELECT attempt, exit_code, reason FROM attempts ORDER BY attempt")).toEqual([
      { attempt: 1, exit_code: 124, reason: "timeout" },
      { attempt: 2, exit_code: 124, reason: "timeout" },
      { attempt: 3, exit_code: 0, reason: null },
    ]);
    expect(endOf(suite)).toEqual({ code: 0, closed: true, flaky: "true" });
  });

  test("is killed in a later attempt too when it is deaf to TERM", async () => {
    const suite = await startSuite();
    const script = "trap '' TERM; echo deaf; while :; do sleep 0.02; done";
    const flags = ["--timeout", "200ms", "--grace", "200ms", "--retries", "2"];
    const { code, ms } = await startExec(suite, flags, ["bash", "-c", script]).ended;
    expect(code).toBe(124);
    expect(ms).toBeWithin(1200, 10_000);
    expect(suite.sql("SELECT count(*) AS n FROM attempts WHERE exit_code = 124")).toEqual([{ n: 3 }]);
    expect(leftOf(suite)).toEqual([]);
  });

  test("passes a signal on that comes after the timeout, and ends by it", async () => {
    const suite = await startSuite();
    const script = "trap 'echo TERM' TERM; trap 'echo INT; exit 3' INT; while :; do sleep 0.02; done";
    const exec = startExec(suite, ["--timeout", "200ms", "--grace", "20s"], ["bash", "-c", script]);
    await logWith(suite, "TERM");
    exec.signal("SIGINT");
    expect((await exec.ended).signal).toBe("SIGINT");
    expect(logOf(suite)).toBe("TERM\nINT\n");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.reason": "interrupted" });
  });
});

describe.if(process.platform === "linux").concurrent("a step that ends", () => {
  test("in time is not touched, and costs no extra time", async () => {
    const suite = await startSuite();
    const { code, ms } = await startExec(suite, ["--timeout", "60s"], ["bash", "-c", "sleep 0.1; exit 3"]).ended;
    expect(code).toBe(3);
    expect(ms).toBeLessThan(30_000);
    expect(endOf(suite)).toEqual({ code: 3, closed: true });
  });

  test("at the very moment of the timeout counts as one or the other, in every answer about it", async () => {
    const suite = await startSuite();
    const codes: (number | null)[] = [];
    for (let step = 0; step < 12; step++) {
      const exec = startExec(
        suite,
        ["--step-num", String(step), "--timeout", "60ms"],
        ["sleep", `${0.05 + step / 1000}`],
      );
      const { code, stderr } = await exec.ended;
      expect([0, 124]).toContain(code!);
      expect(stderr).toContain(` exit=${code} `);
      const end = endOf(suite, step);
      expect(end.code).toBe(code);
      expect(end["exit.reason"]).toBe(code === 124 ? "timeout" : undefined);
      codes.push(code);
    }
    expect(codes).toContain(124);
  });
});
