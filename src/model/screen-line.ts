/** C0 controls except tab, DEL, and C1: only a line that holds one of them looks different from its bytes. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

/**
 * The sequences of ECMA-48: CSI with its parameters and final byte; OSC, DCS, SOS, PM and APC strings up to their end; any
 * other escape with its intermediates; a single control. A string without an end is only its introducer, so that the rest
 * of the line stays.
 */
const CSI = "(?:\\x1b\\[|\\x9b)([0-?]*)[ -/]*(?:([@-~])|$)";
const OTHERS =
  "(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x90\\x98\\x9c-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c)|\\x1b[ -/]*[0-~]?|[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]";
const SEQUENCE = new RegExp(`${CSI}|${OTHERS}`, "g");

/** What moves the cursor or changes what stands there. Erasing to the right changes nothing at the end of a line. */
const REDRAWS = /[\r\b\v\f]|\x1b[DEM]|(?:\x1b\[|\x9b)(?:[0-?]*[ -/]*[ABCDEFGHPX@`adefk]|[0-?]*[12][KJ])/;
/** CUU, CUD, CNL, CPL, CUP, HVP, VPA, VPR and VPB: the cursor goes to another row. */
const ROW_MOVES = new Set("ABEFHfdek");
const SINGLE_ROW_MOVES = new Set(["\v", "\f", "\x1bD", "\x1bE", "\x1bM"]);

/** Where a cursor may be sent: a line that needs more is no display. */
const MOST_COLUMNS = 65_536;
/** How many blanks one sequence may insert: each moves the rest of the line. */
const MOST_INSERTED = 1024;

/**
 * A line of output as a person sees it after the line is complete: control sequences are gone, and of what was redrawn
 * (by CR, backspace, cursor movements or erasing) the last drawing is left. What the text puts into several rows of the
 * screen is joined by spaces. Returns the text itself if nothing controls it.
 */
export function screenLine(text: string): string {
  if (!CONTROL.test(text)) return text;
  return REDRAWS.test(text) ? new ScreenLine().write(text) : text.replace(SEQUENCE, "");
}

/** Whether `screenLine` may change a line. False for most. */
export function isControlled(text: string): boolean {
  return CONTROL.test(text);
}

class ScreenLine {
  /** Rows that the cursor has left. */
  readonly #rows: string[] = [];
  /** A character of two columns is followed by an empty cell. */
  #cells: string[] = [];
  #column = 0;
  #isRedrawn = false;

  write(text: string): string {
    let done = 0;
    for (const match of text.matchAll(SEQUENCE)) {
      this.#print(text.slice(done, match.index));
      this.#obey(match[0], match[1], match[2]);
      done = match.index + match[0].length;
    }
    this.#print(text.slice(done));
    return [...this.#rows, this.#row()].filter(Boolean).join(" ");
  }

  #row(): string {
    const row = this.#cells.join("");
    return this.#isRedrawn ? row.trimEnd() : row;
  }

  #print(text: string): void {
    if (text === "") return;
    while (this.#cells.length < this.#column) this.#cells.push(" ");
    const isAscii = !/[^\0-\x7f]/.test(text);
    for (const character of text) this.#put(character, isAscii ? 1 : Bun.stringWidth(character));
  }

  #put(character: string, columns: number): void {
    const cells = this.#cells;
    if (columns === 0) {
      // A combining character belongs to the one before it.
      let before = Math.min(this.#column, cells.length) - 1;
      while (before > 0 && cells[before] === "") before--;
      if (before >= 0) cells[before] += character;
      else cells[0] = character + (cells[0] ?? "");
      return;
    }
    // The other half of a wide character that is overwritten becomes a blank.
    if (cells[this.#column] === "") cells[this.#column - 1] = " ";
    const end = this.#column + columns;
    if (cells[end] === "") cells[end] = " ";
    cells[this.#column] = character;
    if (columns === 2) cells[this.#column + 1] = "";
    this.#column = end;
  }

  #obey(sequence: string, parameters: string | undefined, final: string | undefined): void {
    if (sequence === "\r") this.#moveTo(0);
    else if (sequence === "\b") this.#moveTo(this.#column - 1);
    else if (SINGLE_ROW_MOVES.has(sequence) || ROW_MOVES.has(final ?? "")) this.#leaveRow();
    else if (final !== undefined) this.#control(final, Number.parseInt(parameters ?? "", 10));
  }

  /** ECMA-48: CHA, CUF, CUB, EL, ED, DCH, ICH and ECH. Others do not change what this line shows. */
  #control(final: string, parameter: number): void {
    const count = Math.min(Math.max(1, parameter || 1), MOST_COLUMNS);
    if (final === "G" || final === "`") this.#moveTo(count - 1);
    else if (final === "C" || final === "a") this.#moveTo(this.#column + count);
    else if (final === "D") this.#moveTo(this.#column - count);
    else if (final === "K" || final === "J") this.#erase(parameter || 0);
    else if (final === "P") this.#cells.splice(this.#column, count);
    else if (final === "@") this.#insert(count);
    else if (final === "X") this.#blank(this.#column, this.#column + count);
  }

  /** In the new row the column hardly matters. */
  #leaveRow(): void {
    this.#rows.push(this.#row());
    this.#cells = [];
    this.#column = 0;
    this.#isRedrawn = true;
  }

  #moveTo(column: number): void {
    this.#column = Math.min(Math.max(0, column), MOST_COLUMNS);
    this.#isRedrawn = true;
  }

  #insert(count: number): void {
    if (this.#column >= this.#cells.length) return;
    this.#cells.splice(this.#column, 0, ...Array<string>(Math.min(count, MOST_INSERTED)).fill(" "));
    this.#cells.length = Math.min(this.#cells.length, MOST_COLUMNS);
  }

  /** Erases from the cursor on (0), up to the cursor (1), or everything (2). */
  #erase(which: number): void {
    if (which === 0) this.#cells.length = Math.min(this.#cells.length, this.#column);
    else if (which === 1) this.#blank(0, this.#column + 1);
    else this.#cells.length = 0;
  }

  #blank(from: number, end: number): void {
    this.#cells.fill(" ", from, Math.min(end, this.#cells.length));
  }
}
