/**
 * The known name that a mistyped one most likely means: the nearest by edits (an insertion, a deletion, a substitution, or two
 * letters that changed places), within a third of its length. Undefined if none is near, or two are equally near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 3));
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_\s]/g, "");
  const scored = known
    .map((name) => ({
      name,
      distance: plain(name) === plain(word) ? 0 : editDistance(word.toLowerCase(), name.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  const [first, second] = scored;
  if (first && first.distance < (second?.distance ?? Number.POSITIVE_INFINITY)) return first.name;
  const begins = known.filter((name) => word.length >= 3 && name.startsWith(word));
  return begins.length === 1 ? begins[0] : undefined;
}

/** Optimal string alignment: Damerau and Levenshtein's distance without edits of what was transposed. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
