import { Fields } from "./fields.ts";

/** Lines of a file, one after the other; behind one that is not whole there are none. */
export class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  /** Null, and the line stays, if it is not of this kind or cannot be read. */
  take<T>(read: (line: Fields) => T, row?: string): T | null {
    try {
      const line = Fields.parse(this.#lines[this.#at] ?? "");
      if (row !== undefined && line.text("row") !== row) return null;
      const value = read(line);
      this.#at++;
      return value;
    } catch {
      return null;
    }
  }

  get isAtEnd(): boolean {
    return this.take((line) => line.number("lines"), "end") === this.#at - 1;
  }
}
