/** Bounds of a proportion, both from 0 to 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The normal quantile of a two-sided 95 % interval. */
const Z = 1.959963984540054;

/**
 * Wilson's 95 % interval of `hits` out of `trials` (Wilson 1927): unlike the plain one it says something useful of few
 * trials, and never leaves 0 to 1. No trials: from 0 to 1.
 */
export function wilsonInterval(hits: number, trials: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const share = hits / trials;
  const scale = 1 + Z ** 2 / trials;
  const centre = (share + Z ** 2 / (2 * trials)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2));
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === trials ? 1 : Math.min(1, centre + half) };
}

/** The value below which a share of the sorted values lies, interpolated between neighbours; null without values. */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (high - low) * (at - below);
}

/** Null without values. */
export function median(values: readonly number[]): number | null {
  return quantile(values, 0.5);
}

/** The median distance from the median, a measure of spread that outliers do not move; null without values. */
export function medianDeviation(values: readonly number[]): number | null {
  const centre = median(values);
  return centre === null ? null : median(values.map((value) => Math.abs(value - centre)));
}
