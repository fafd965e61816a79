import { expect, test } from "bun:test";
import { startSuite } from "../support/suite.ts";

const MEGABYTE = 1 << 20;

test("stores what a step used, processor time and memory, after its other tags", async () => {
  const suite = await startSuite();
  const burn = "const b = Buffer.alloc(300 << 20, 1); while (process.cpuUsage().user < 200_000) b[0]++;";
  await suite.exec(["--step-num", "1", "--kv", "mine:1"], [process.execPath, "-e", burn]);
  const tags = suite.sql("SELECT k, v FROM kv WHERE step_id IS NOT NULL ORDER BY kv_id");
  const keys = tags.map(({ k }) => k);
  expect(keys.slice(-3)).toEqual(["rusage.max_rss_bytes", "rusage.user_ms", "rusage.sys_ms"]);
  expect(keys.slice(0, -3)).toContain("mine");
  const value = new Map(tags.map(({ k, v }) => [k, Number(v)]));
  expect(value.get("rusage.max_rss_bytes")).toBeGreaterThan(300 * MEGABYTE);
  expect(value.get("rusage.max_rss_bytes")).toBeLessThan(2000 * MEGABYTE);
  expect(value.get("rusage.user_ms")).toBeGreaterThan(100);
});

test("stores only an upper bound for the memory of a step smaller than the recorder", async () => {
  const suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["true"]);
  const tags = suite.sql("SELECT k, v FROM kv WHERE k LIKE 'rusage.max%'");
  expect(tags).toEqual([{ k: "rusage.max_rss_floor_bytes", v: expect.stringMatching(/^\d+$/) }]);
  expect(Number(tags[0]!.v)).toBeGreaterThan(5 * MEGABYTE);
});

test("a step that is tried again has the usage of its last attempt only", async () => {
  const suite = await startSuite();
  const large = "Buffer.alloc(200 << 20, 1)";
  await suite.exec(["--step-num", "1"], [process.execPath, "-e", large]);
  await suite.exec(["--step-num", "1"], ["true"]);
  expect(suite.sql("SELECT k FROM kv WHERE k LIKE 'rusage.max%'")).toEqual([{ k: "rusage.max_rss_floor_bytes" }]);
});

test("stores no usage for a command that could not start", async () => {
  const suite = await startSuite();
  expect(await suite.exec(["--step-num", "1"], ["/nowhere/program"])).toMatchObject({ code: 127 });
  expect(suite.sql("SELECT k FROM kv WHERE k LIKE 'rusage.%'")).toEqual([]);
});
