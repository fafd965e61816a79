import { describe, expect, test } from "bun:test";
import { durationChange, isUnusual, usualDuration } from "../../src/report/history/durations.ts";
import { flakinessOf, type Outcome, ratesOf } from "../../src/report/history/flakiness.ts";
import { median, quantile, wilsonInterval } from "../../src/report/history/statistics.ts";

/** A fixed generator, so that shares are the same each time (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `P` passed, `F` failed, `R` passed on retry; with `code` all ran the same. */
const runs = (strip: string, code: string | null = null): Outcome[] =>
  [...strip].map((letter, i) => ({
    runId: String(i),
    passed: letter !== "F",
    passedOnRetry: letter === "R",
    code,
    startedMs: i * 3_600_000,
  }));
const flaky = (strip: string, code: string | null = null) => flakinessOf(runs(strip, code)).flakiness;

describe("a step is flaky", () => {
  test("for certain, if the same code passed and failed, or it passed on a retry", () => {
    expect(flaky("PF", "c1")).toBe("proven");
    expect(flaky("R")).toBe("proven");
    expect(flakinessOf(runs("PPFP", "c1"))).toEqual({ flakiness: "proven", evidence: ["2", "3"] });
  });

  test("likely, if it changed sides often and lately", () => {
    expect(flaky("PFPPF")).toBe("likely");
    expect(flaky("PFPPP")).toBe("none");
    expect(flaky("PFPPPPPFPF")).toBe("likely");
  });

  test("not, if it broke once, or broke and was mended, wherever that was", () => {
    for (let at = 1; at < 10; at++) expect(flaky("P".repeat(at) + "F".repeat(10 - at))).toBe("none");
    for (let from = 1; from < 9; from++)
      for (let to = from + 1; to < 10; to++)
        expect(flaky("P".repeat(from) + "F".repeat(to - from) + "P".repeat(10 - to))).toBe("none");
  });

  test("no longer, after ten passes in a row", () => {
    expect(flaky(`PF${"P".repeat(9)}`, "c1")).toBe("proven");
    expect(flaky(`PF${"P".repeat(10)}`, "c1")).toBe("none");
  });

  test("or not to be judged under five runs", () => {
    expect(flaky("")).toBe("too few runs");
    expect(flaky("PFPP")).toBe("too few runs");
  });

  test("at p = 0.3 in most windows of ten, and at p = 0.02 in few", () => {
    const share = (p: number) => {
      const next = random(7);
      let named = 0;
      for (let i = 0; i < 2000; i++) {
        const strip = Array.from({ length: 10 }, () => (next() < p ? "F" : "P")).join("");
        if (flaky(strip) === "likely") named++;
      }
      return named / 2000;
    };
    expect(share(0.3)).toBeGreaterThan(0.6);
    expect(share(0.02)).toBeLessThan(0.03);
  });
});

test("rates come with Wilson's interval, and flips out of what could have flipped", () => {
  const rates = ratesOf(runs("PFPFPFPPPF"));
  expect(rates).toMatchObject({ runs: 10, failed: 4, flips: 7, transitions: 9 });
  expect(rates.interval.low).toBeCloseTo(0.168, 2);
  expect(rates.interval.high).toBeCloseTo(0.687, 2);
  expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  expect(wilsonInterval(0, 10)).toMatchObject({ low: 0 });
  expect(wilsonInterval(10, 10)).toMatchObject({ high: 1 });
});

test("quantiles lie between their neighbours", () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(median([3, 1, 2, 10])).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
});

describe("durations", () => {
  /** `noise` is the relative deviation of a log-normal. */
  const series = (next: () => number, n: number, ms: number, noise: number) =>
    Array.from({ length: n }, () => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return ms * Math.exp(noise * normal);
    });
  const shareOf = (trials: number, trial: () => boolean) => {
    let hits = 0;
    for (let i = 0; i < trials; i++) if (trial()) hits++;
    return hits / trials;
  };

  test("under five there is no verdict, and small differences are none", () => {
    expect(usualDuration([1, 2, 3, 4])).toBeNull();
    expect(isUnusual(9000, [100, 100, 100, 100])).toBeNull();
    expect(isUnusual(250, [100, 100, 100, 100, 100])).toBe("usual");
    expect(isUnusual(1000, [100, 100, 100, 100, 100])).toBe("slower");
    expect(isUnusual(100, [1000, 1000, 1000, 1000, 1000])).toBe("faster");
  });

  test("a quiet step that takes half as long again is found, and a usual one is not accused", () => {
    const next = random(1);
    expect(
      shareOf(1000, () => isUnusual(series(next, 1, 10_000, 0.05)[0]!, series(next, 10, 10_000, 0.05)) === "slower"),
    ).toBeLessThan(0.005);
    expect(
      shareOf(1000, () => isUnusual(series(next, 1, 15_000, 0.05)[0]!, series(next, 10, 10_000, 0.05)) === "slower"),
    ).toBeGreaterThan(0.97);
  });

  test("a step with two usual durations is seldom accused", () => {
    const next = random(2);
    const twoModes = (n: number) => series(next, n, 10_000, 0.05).map((ms) => (next() < 0.2 ? ms * 1.5 : ms));
    expect(shareOf(1000, () => isUnusual(twoModes(1)[0]!, twoModes(20)) === "slower")).toBeLessThan(0.02);
    expect(shareOf(1000, () => durationChange(twoModes(23)) !== null)).toBeLessThan(0.02);
  });

  test("a lasting change is one of three runs, after at least ten before it", () => {
    const next = random(3);
    const before = series(next, 10, 10_000, 0.05);
    expect(durationChange([...before, 15_000, 15_200, 14_900])).toMatchObject({ direction: "slower" });
    expect(durationChange([...before, 6000, 6100, 5900])).toMatchObject({ direction: "faster" });
    expect(durationChange([...before, 10_000, 15_200, 14_900])).toBeNull();
    expect(durationChange([...before.slice(0, 9), 15_000, 15_200, 14_900])).toBeNull();
    expect(shareOf(1000, () => durationChange(series(next, 23, 10_000, 0.2)) !== null)).toBeLessThan(0.01);
  });
});
