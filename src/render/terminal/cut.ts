/** The beginning of a text that fits so many columns, with `…` if something is cut. */
export function cutEnd(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  return columns < 1 ? "" : `${takeColumns([...text], columns - 1).join("")}…`;
}

/** The same for a path: both ends are kept, and more of its end, which has the file's name. */
export function cutMiddle(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  if (columns < 4) return cutEnd(text, columns);
  const endColumns = Math.ceil((columns - 1) * 0.7);
  const characters = [...text];
  const end = takeColumns(characters.toReversed(), endColumns).toReversed();
  const start = takeColumns(characters, columns - 1 - Bun.stringWidth(end.join("")));
  return `${start.join("")}…${end.join("")}`;
}

function takeColumns(characters: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const character of characters) {
    width += Bun.stringWidth(character);
    if (width > columns) break;
    taken.push(character);
  }
  return taken;
}
