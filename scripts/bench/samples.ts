/** The statistics of several measurements of one thing. */
export interface Stats {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The width of the middle half, in medians: how noisy the measurements are. */
  readonly spread: number;
}

export function statsOf(samples: readonly number[]): Stats {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = sorted[Math.floor(position)]!;
    return below + (sorted[Math.ceil(position)]! - below) * (position % 1);
  };
  const median = at(0.5);
  const spread = median === 0 ? 0 : (at(0.75) - at(0.25)) / median;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, spread };
}

/** Statistics of the ratios within each pair, so that a slow moment of the machine affects both sides. */
export function ratioOf(samples: readonly number[], limit: readonly number[]): Stats {
  return statsOf(samples.map((sample, i) => sample / limit[i]!));
}

type Take = () => number | Promise<number>;

/**
 * Takes measurements in turn: A B C, A B C, … The first round is for warming up and not counted, unless `warmUp` is
 * false.
 */
export async function interleaved<Name extends string>(
  rounds: number,
  takes: Readonly<Record<Name, Take>>,
  options: { readonly warmUp?: boolean } = {},
): Promise<Record<Name, number[]>> {
  const entries = Object.entries(takes) as [Name, Take][];
  const samples = Object.fromEntries(entries.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = options.warmUp === false ? 0 : -1; round < rounds; round++) {
    await Bun.sleep(0); // lets a signal be noticed, after which the files are removed
    for (const [name, take] of entries) {
      const sample = await take();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}
