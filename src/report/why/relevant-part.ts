/**
 * What makes a part of a long line worth showing, the best sign first: an error's key in JSON that holds something, an
 * exception's name, a word that says something failed, a message's key.
 */
const SIGNS: readonly RegExp[] = [
  /"(?:error|errors|err|exception|fatal|failure|cause)\w*"\s*:\s*(?!\s*(?:null|""|false|0\b|\[\s*\]|\{\s*\}))/i,
  /\b\w*(?:Error|Exception)\b: /,
  /\b(?:fatal|panic|failed|failure|error|exception|cannot|denied|refused)\b(?!\w*"\s*:)/i,
  /"(?:message|msg|reason|detail|stderr)"\s*:\s*"[^"]/i,
];

/** Of a longer line no more is searched for a sign. */
const SEARCHED = 4 << 20;

/**
 * At most `length` characters of a line, besides an ellipsis at each cut: the part around the first sign of an error, or the
 * beginning and the end if there is none. A line that is no longer comes back as it is.
 */
export function relevantPart(line: string, length: number): string {
  if (line.length <= length) return line;
  const at = signIn(line.length > SEARCHED ? line.slice(0, SEARCHED) : line);
  if (at === null) {
    const headLength = Math.ceil((length * 2) / 3);
    return `${wellCut(line.slice(0, headLength))}…${wellCut(line.slice(line.length - (length - headLength)))}`;
  }
  const start = Math.max(0, Math.min(at - Math.floor(length / 6), line.length - length));
  const end = start + length;
  return `${start > 0 ? "…" : ""}${wellCut(line.slice(start, end))}${end < line.length ? "…" : ""}`;
}

function signIn(line: string): number | null {
  for (const sign of SIGNS) {
    const at = line.search(sign);
    if (at >= 0) return at;
  }
  return null;
}

/** Without half of a character that takes two units, at either end. */
function wellCut(text: string): string {
  return text.replace(/^[\udc00-\udfff]/, "").replace(/[\ud800-\udbff]$/, "");
}
