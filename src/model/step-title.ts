/** `07 status`: how a step is named wherever a person reads it. The name is as recorded: it may hold control characters. */
export function stepTitle(num: number, name: string): string {
  return `${String(num).padStart(2, "0")} ${name}`;
}
