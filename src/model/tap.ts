/** A test point of the Test Anything Protocol (https://testanything.org), at the top level. */
export interface TapPoint {
  /** As printed; null if it has none. */
  readonly num: number | null;
  readonly ok: boolean;
  /** "" if it has none. */
  readonly name: string;
  readonly directive: "skip" | "todo" | null;
  /** What follows the directive; null if nothing does. */
  readonly reason: string | null;
  /** Null if the output does not say. */
  readonly durationMs: number | null;
  /** Its own line, what stands before it (its subtests and its output), and its diagnostics, as printed. */
  readonly lines: readonly string[];
  /** Whether there is more than its own line. */
  readonly hasDetails: boolean;
  /** Handed in with the line. */
  readonly endedAt: string;
}

/** One stream of test points with a plan: `prove -v` prints one for each file. */
export interface TapDocument {
  /** The test file, if the output names it; else null. */
  readonly file: string | null;
  readonly points: readonly TapPoint[];
  /** How many points were announced; null without a plan. */
  readonly planned: number | null;
}

const POINT = /^(not )?ok(?:\s+(\d+))?(?:\s+(?:-\s+)?(.*))?$/;
const PLAN = /^1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?\s*$/i;
const DIRECTIVE = /^(.*?)(?:^|(?<!\\)\s+)#\s*(skip|todo)\b\S*\s*(.*)$/i;
/** prove before the points of a file: `t/basic.t .. `. */
const FILE = /^(\S.*?) \.{2,}\s*$/;
/** Durations of vitest and tap (`# time=12.5ms`), bats (`in 12ms`), and pg_regress (`12 ms`). */
const DURATION = /\s+(?:#\s*(?:time=|in\s+)|in\s+)?([\d.]+)\s*(ms|s|sec)\s*$/;
const YAML_DURATION = /^\s+duration_ms:\s*['"]?([\d.]+)/;
/** What node --test says at its end. */
const TOTALS = /^# (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;
/** Of one test point, and of all: what is longer is in the log of the whole stream. */
const MOST_LINES = 500;
const MOST_POINTS = 100_000;

interface OpenPoint {
  num: number | null;
  ok: boolean;
  name: string;
  directive: TapPoint["directive"];
  reason: string | null;
  durationMs: number | null;
  lines: string[];
  ownLine: number;
  endedAt: string;
}

interface OpenDocument {
  readonly file: string | null;
  readonly points: OpenPoint[];
  planned: number | null;
  /** It has a plan or a version. */
  isTap: boolean;
}

/** Reads TAP from a program's output, line by line, while it comes. */
export class TapReader {
  readonly #documents: OpenDocument[] = [];
  /** Lines that belong to the next point. */
  #before: string[] = [];
  #file: string | null = null;
  #isYaml = false;
  #points = 0;

  /** `now` becomes `endedAt` of a point that ends with this line. */
  line(text: string, now: string): void {
    const point = this.#last;
    if (this.#isYaml) {
      this.#detail(text);
      const duration = YAML_DURATION.exec(text);
      if (duration && point) point.durationMs = Number(duration[1]);
      this.#isYaml = !/^\s+\.\.\.\s*$/.test(text);
    } else if (/^\s+---\s*$/.test(text) && point && this.#before.length === 0) {
      this.#detail(text);
      this.#isYaml = true;
    } else if (text.startsWith("ok") || text.startsWith("not ok")) this.#point(text, now);
    else if (text.startsWith("1..")) this.#plan(text, now);
    else if (/^TAP version \d+$/.test(text)) this.#begin().isTap = true;
    else if (FILE.test(text)) {
      this.#file = FILE.exec(text)![1]!;
      this.#before = [];
    } else if (text.startsWith("#") && !text.startsWith("# Subtest") && this.#before.length === 0) {
      if (!TOTALS.test(text)) this.#detail(text);
    } else if (this.#before.length < MOST_LINES) this.#before.push(text);
  }

  /** Null if the output was no TAP: points without a plan or a version may be anything. */
  end(): readonly TapDocument[] | null {
    const documents = this.#documents.filter(({ isTap, points }) => isTap && points.length > 0);
    return documents.length === 0
      ? null
      : documents.map(({ file, points, planned }) => ({ file, planned, points: points.map(closed) }));
  }

  /** Whether anything looked like TAP so far. */
  get hasBegun(): boolean {
    return this.#documents.length > 0;
  }

  get #last(): OpenPoint | undefined {
    return this.#documents.at(-1)?.points.at(-1);
  }

  #detail(text: string): void {
    const point = this.#last;
    if (point && point.lines.length < MOST_LINES) point.lines.push(text);
  }

  /** A new document if the last one has begun. */
  #begin(): OpenDocument {
    const document: OpenDocument = { file: this.#file, points: [], planned: null, isTap: false };
    this.#documents.push(document);
    this.#file = null;
    this.#before = [];
    return document;
  }

  #plan(text: string, now: string): void {
    const plan = PLAN.exec(text);
    if (plan === null) {
      this.#before.push(text);
      return;
    }
    const open = this.#file === null ? this.#documents.at(-1) : undefined;
    const document = open && open.planned === null ? open : this.#begin();
    document.isTap = true;
    document.planned = Number(plan[1]);
    const reason = plan[2];
    if (document.planned > 0 || reason === undefined) return;
    const name = document.file ?? "all tests";
    this.#add({ num: null, ok: true, name, directive: "skip", reason: reason || null, durationMs: null }, text, now);
  }

  #point(text: string, now: string): void {
    const match = POINT.exec(text);
    if (match === null || this.#points >= MOST_POINTS) {
      this.#before.push(text);
      return;
    }
    const [, not, num, rest = ""] = match;
    // After the points of a file prove says whether the file is ok.
    if (text === "ok" && this.#file === null && this.#documents.at(-1)?.file) return;
    if (this.#file !== null || this.#documents.length === 0) this.#begin();
    const directive = DIRECTIVE.exec(rest);
    const title = directive ? directive[1]! : rest;
    const duration = DURATION.exec(title);
    const name = (duration ? title.slice(0, duration.index) : title).replaceAll("\\#", "#").trim();
    const ms = duration === null ? null : Number(duration[1]) * (duration[2] === "ms" ? 1 : 1000);
    this.#points++;
    this.#add(
      {
        num: num === undefined ? null : Number(num),
        ok: not === undefined,
        name,
        directive: directive ? (directive[2]!.toLowerCase() as "skip" | "todo") : null,
        reason: directive?.[3]?.trim() || null,
        durationMs: ms !== null && Number.isFinite(ms) ? ms : null,
      },
      text,
      now,
    );
  }

  #add(point: Omit<OpenPoint, "lines" | "ownLine" | "endedAt">, text: string, now: string): void {
    const lines = [...this.#before, text];
    this.#before = [];
    this.#documents.at(-1)!.points.push({ ...point, lines, ownLine: lines.length - 1, endedAt: now });
  }
}

function closed({ ownLine, ...point }: OpenPoint): TapPoint {
  return { ...point, hasDetails: point.lines.length > 1 };
}
