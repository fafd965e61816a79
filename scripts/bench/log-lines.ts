/**
 * Log lines like those of a test suite, from a seed: the same seed gives the same bytes on every machine, so that two
 * machines, or two programs, are measured with one log.
 */
export interface LogShape {
  readonly seed: number;
  /** Of each line, with its LF. At least 64. */
  readonly lineBytes: number;
}

/** A frequent word: in every sixth line of every log, and nowhere else. */
export const FREQUENT_WORD = "customer";
const FREQUENT_EVERY = 6;

const LEVELS = ["INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "ERROR"];
const COMPONENTS = "api auth billing cache catalog gateway importer indexer ledger mailer orders queue search worker";
const WORDS =
  "accepted account after again amount and answered attempt batch because before body bytes cached called cannot " +
  "changed checked closed committed connection created deadline deleted delivered done elapsed empty entry event " +
  "expected expired fetched field file finished for found from handler header health id in index invalid invoice item " +
  "job key limit line loaded lock match merged message migration missing no node not of offset on opened order page " +
  "parsed partition payload payment pending pool processed published read ready received record refused rejected " +
  "reloaded replica request reserved response restored result retry retrying returned row saved schema sent session " +
  "shard skipped snapshot started status stored stream table task template the timeout to token topic total " +
  "transaction tried unchanged unknown updated upstream user validated value verified version waiting was with written";

/** An endless supply of lines without their LF, of exactly the shape's length. */
export function* logLines({ seed, lineBytes }: LogShape): Generator<string, never, undefined> {
  const random = numbersFrom(seed);
  const components = COMPONENTS.split(" ");
  const words = WORDS.split(" ");
  // The smaller of two draws: some words are far more frequent than others, as in any text.
  const wordAt = () => words[Math.min(random() % words.length, random() % words.length)]!;
  for (let number = 0; ; number++) {
    const ms = number * 7 + (random() % 7);
    let line = `${clockTime(ms)} ${LEVELS[random() % LEVELS.length]} ${components[random() % components.length]}:`;
    line += ` req=${hex(random())} took ${random() % 900} ms`;
    if (number % FREQUENT_EVERY === 0) line += ` ${FREQUENT_WORD} ${random() % 5000}`;
    while (line.length < lineBytes) line += ` ${wordAt()}`;
    yield line.slice(0, lineBytes - 1);
  }
}

/** The next `count` lines as one piece of log, each with its LF. */
export function nextLines(lines: Generator<string, never, undefined>, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += `${lines.next().value}\n`;
  return text;
}

function clockTime(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const millis = String(ms % 1000).padStart(3, "0");
  return `${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${millis}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** Numbers of 32 bits, by mulberry32, which is small and good enough for invented words. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
