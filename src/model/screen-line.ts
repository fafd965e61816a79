/** C0 controls but tab, DEL, and C1: only with one of them does a line look different from its bytes. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
/**
 * The sequences of ECMA-48: CSI with its parameters and final byte; OSC, DCS, SOS, PM and APC strings up to their end; any other
 * escape with its intermediates; a lone control.
 */
const SEQUENCE =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*(?:([@-~])|$)|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]/y;

/** Where a cursor may be sent: a line that needs more is no display. */
const MOST_COLUMNS = 65_536;

/**
 * A line of output as a person sees it when it is complete: what was redrawn (CR, backspace, cursor movements, erasing) is what
 * stays, and control sequences are gone. The text itself where nothing controls it.
 */
export function screenLine(text: string): string {
  return CONTROL.test(text) ? new ScreenLine().write(text) : text;
}

class ScreenLine {
  #cells: string[] = [];
  #column = 0;
  #isRedrawn = false;

  write(text: string): string {
    let plain = "";
    for (let at = 0; at < text.length; ) {
      if (!CONTROL.test(text[at]!)) {
        plain += text[at++];
        continue;
      }
      this.#print(plain);
      plain = "";
      SEQUENCE.lastIndex = at;
      const match = SEQUENCE.exec(text);
      if (match === null) break;
      this.#obey(match[0], match[1], match[2]);
      at = SEQUENCE.lastIndex;
    }
    this.#print(plain);
    const line = this.#cells.join("");
    return this.#isRedrawn ? line.trimEnd() : line;
  }

  #print(text: string): void {
    if (text === "") return;
    if (this.#column === this.#cells.length) {
      for (const character of text) this.#cells.push(character);
      this.#column = this.#cells.length;
      return;
    }
    while (this.#cells.length < this.#column) this.#cells.push(" ");
    for (const character of text) this.#cells[this.#column++] = character;
  }

  #obey(sequence: string, parameters: string | undefined, final: string | undefined): void {
    if (sequence === "\r") this.#moveTo(0);
    else if (sequence === "\b") this.#moveTo(this.#column - 1);
    else if (final !== undefined) this.#control(final, Number.parseInt(parameters ?? "", 10));
  }

  /** ECMA-48: CHA, CUF, CUB, EL, ED, DCH, ICH and ECH; others do not change what this line shows. */
  #control(final: string, parameter: number): void {
    const count = Math.min(Math.max(1, parameter || 1), MOST_COLUMNS);
    if (final === "G" || final === "`") this.#moveTo(count - 1);
    else if (final === "C" || final === "a") this.#moveTo(this.#column + count);
    else if (final === "D") this.#moveTo(this.#column - count);
    else if (final === "K" || final === "J") this.#erase(parameter || 0);
    else if (final === "P") this.#cells.splice(this.#column, count);
    else if (final === "@" && this.#column < this.#cells.length) {
      this.#cells.splice(this.#column, 0, ...Array<string>(count).fill(" "));
    } else if (final === "X") {
      for (let i = 0; i < count && this.#column + i < this.#cells.length; i++) this.#cells[this.#column + i] = " ";
    }
  }

  #moveTo(column: number): void {
    this.#column = Math.min(Math.max(0, column), MOST_COLUMNS);
    this.#isRedrawn = true;
  }

  /** 0: from the cursor on; 1: up to it; 2: all. */
  #erase(which: number): void {
    if (which === 0) this.#cells.length = Math.min(this.#cells.length, this.#column);
    else if (which === 1) for (let i = 0; i <= this.#column && i < this.#cells.length; i++) this.#cells[i] = " ";
    else this.#cells.length = 0;
  }
}
