/** The output of a call, and how it ended. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** The rule that a call broke, whatever its arguments were; undefined if it broke none. */
export function faultOf({ stdout, stderr, code }: Answer, codes: readonly number[] = [0, 1, 2]): string | undefined {
  if (stderr.includes("has a defect")) return `calls itself defective: ${stderr.slice(0, 300)}`;
  if (/^\s+at .+:\d+/m.test(stderr)) return "prints a stack trace";
  const odd = stderr.split("\n").find((line) => line !== "" && !/^(Error: |\[scenariolog\] | {2}\S)/.test(line));
  if (odd !== undefined) return `prints an odd line on stderr: ${JSON.stringify(odd.slice(0, 200))}`;
  if (!codes.includes(code)) return `ends with ${code}`;
  if (code === 2 && stdout !== "") return "prints on stdout after a usage error";
  if (code !== 0 && stderr === "" && stdout === "") return `ends with ${code} and says nothing`;
  return undefined;
}

/** Shortens an argument for a report of faults. */
export function shown(argv: readonly string[]): string {
  return JSON.stringify(argv.map((word) => (word.length > 400 ? `${word.slice(0, 20)}…(${word.length})` : word)));
}
