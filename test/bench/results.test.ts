import { describe, expect, test } from "bun:test";
import { isNoisy, resultOf, tableOf } from "../../scripts/bench/results.ts";
import { interleaved, ratioOf, statsOf } from "../../scripts/bench/samples.ts";

test("statistics of samples, in whatever order they came", () => {
  expect(statsOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, spread: 2 / 3 });
  expect(statsOf([4, 2])).toMatchObject({ median: 3, min: 2, max: 4 });
  expect(statsOf([7])).toEqual({ median: 7, min: 7, max: 7, spread: 0 });
});

test("ratios are computed within each pair, not from the medians", () => {
  expect(ratioOf([10, 40, 30], [10, 20, 10])).toMatchObject({ median: 2, min: 1, max: 3 });
});

test("measurements are taken in turn, and the first round does not count", async () => {
  const taken: string[] = [];
  const take = (name: string) => () => taken.push(name);
  const samples = await interleaved(2, { a: take("a"), b: take("b") });
  expect(taken.join("")).toBe("ababab");
  expect(samples).toEqual({ a: [3, 5], b: [4, 6] });
});

describe("a result", () => {
  const limit = { name: "the limit", samples: [2, 2, 2] };

  test("meets its target if the median of the targeted value does", () => {
    const measured = { name: "it", samples: [3, 4, 5], against: limit };
    const met = (of: "value" | "ratio", atMost: number) =>
      resultOf("Part", { ...measured, target: { of, atMost } }).target?.met;
    expect([met("ratio", 2), met("ratio", 1.9), met("value", 4), met("value", 3.9)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test("is noisy if the middle half of its ratios is wide", () => {
    expect(isNoisy(resultOf("Part", { name: "it", samples: [2, 2, 2], against: limit }))).toBe(false);
    expect(isNoisy(resultOf("Part", { name: "it", samples: [1, 2, 3], against: limit }))).toBe(true);
  });

  test("survives JSON", () => {
    const result = resultOf("Part", { name: "it", samples: [3, 4, 5], against: limit });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

test("the table has a heading for each part, units, and one name for several rows about one thing", () => {
  const samples = [1.5, 2.5, 3.5];
  const table = tableOf([
    resultOf("Part", {
      name: "it",
      samples,
      against: { name: "a limit", samples: [1, 1, 1] },
      target: { of: "ratio", atMost: 2 },
    }),
    resultOf("Part", { name: "it", samples, against: { name: "another", samples: [2.5, 2.5, 2.5] } }),
    resultOf("Other", { name: "size", unit: "bytes", samples: [12_345_678], target: { of: "value", atMost: 2e7 } }),
    resultOf("Other", { name: "long", samples: [61_234] }),
  ]);
  expect(table).toMatchInlineSnapshot(`
    "         median          min..max  against  its median   ratio         min..max      target

    Part
      it    2.50 ms  1.50 ms..3.50 ms  a limit     1.00 ms  2.50 x   1.50 x..3.50 x   <= 2.00 x  MISSED ~
                                       another     2.50 ms  1.00 x  0.600 x..1.40 x              ~

    Other
      size  12.3 MB                                                                  <= 20.0 MB  met
      long   61.2 s
    "
  `);
});
