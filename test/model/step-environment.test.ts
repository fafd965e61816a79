import { expect, test } from "bun:test";
import { Redactor } from "../../src/model/redact/redactor.ts";
import { fromEnv, toEnv } from "../../src/model/step-environment.ts";

const nothing = {
  database: undefined,
  runId: undefined,
  rootDir: undefined,
  logDir: undefined,
  stepId: undefined,
  commandId: undefined,
  attempt: null,
  trace: undefined,
  skipCode: undefined,
  redact: [],
  redactLogs: false,
};

test("a program reads what its recorder has written", () => {
  const redactor = new Redactor({ patterns: ["tok-\\d+", "key=\\w+"], environment: {} });
  const paths = { database: "/d/x.db", runId: "r", rootDir: "/d", logDir: "/d/logs" };
  const step = { ...paths, stepId: "r-step-02", attempt: 3, commandId: "r-step-02-cmd-001" };
  const env = toEnv({ ...step, trace: "auto", redactor, redactLogs: true, skipCode: 77 });
  expect(fromEnv(env)).toEqual({
    ...step,
    trace: "auto",
    skipCode: "77",
    redact: ["tok-\\d+", "key=\\w+"],
    redactLogs: true,
  });
  expect(Object.keys(env)).toHaveLength(Object.keys(nothing).length);
});

test("values that nobody chose are not written, so that a program keeps those of its parent", () => {
  const redactor = new Redactor({ patterns: [], environment: {} });
  expect(toEnv({ redactor, redactLogs: false, skipCode: null })).toEqual({});
});

test("a harness inside a step of another run does not take itself for that step", () => {
  const outer = toEnv({ runId: "outer", stepId: "outer-step-01", attempt: 2 });
  const env = { ...outer, ...toEnv({ runId: "inner", stepId: "", attempt: null }) };
  expect(fromEnv(env)).toEqual({ ...nothing, runId: "inner" });
});

test("empty variables count as absent, and an attempt that is no number as unknown", () => {
  const names = ["DB", "RUN_ID", "ROOT_DIR", "LOG_DIR", "STEP_ID", "COMMAND_ID", "TRACE", "REDACT", "SKIP_CODE"];
  const env = Object.fromEntries(names.map((name) => [`SCENARIOLOG_${name}`, ""]));
  expect(fromEnv({ ...env, SCENARIOLOG_ATTEMPT: "x", SCENARIOLOG_REDACT_LOGS: "0" })).toEqual(nothing);
});
