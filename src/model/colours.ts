/** Colours, and the erasing to the end of a line that gcc puts behind each of them. */
export function withoutColours(text: string): string {
  return text.includes("\x1b") ? text.replace(COLOURS, "") : text;
}

const COLOURS = /\x1b\[[0-9;:]*m(?:\x1b\[K)?/g;
