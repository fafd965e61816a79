/** Lines, counted from 1, both ends included. */
export interface LineRange {
  readonly first: number;
  /** Infinity if the range has no end. */
  readonly last: number;
}
