import { messageOf } from "../../errors.ts";

/** What could not be recorded of a step, each line once. */
export class Problems {
  readonly #lines = new Set<string>();

  /** In the order in which they came. */
  get lines(): string[] {
    return [...this.#lines];
  }

  add(line: string): void {
    this.#lines.add(line);
  }

  /** `consequence: why`, and `rest` after it. */
  because(consequence: string, error: unknown, rest = ""): void {
    this.#lines.add(`${consequence}: ${messageOf(error)}${rest}`);
  }
}
