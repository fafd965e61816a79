/** The words of a JSON array. Null for anything else: a tag may hold anything. */
export function wordsIn(json: string): string[] | null {
  try {
    const words: unknown = JSON.parse(json);
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : null;
  } catch {
    return null;
  }
}
