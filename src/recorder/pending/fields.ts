import path from "node:path";
import { LOG_NAME } from "../../files/log-name.ts";
import { parseTime } from "../../model/time.ts";

/** A line of a file that anybody may have written: each value is asked for by its type. Throws TypeError for any other. */
export class Fields {
  private constructor(private readonly values: { readonly [key: string]: unknown }) {}

  /** Throws for what is not one JSON object. */
  static parse(line: string): Fields {
    return Fields.#of(JSON.parse(line));
  }

  text(key: string): string {
    return checked(key, this.values[key], isText);
  }

  textOrNull(key: string): string | null {
    return this.isNull(key) ? null : this.text(key);
  }

  texts(key: string): string[] {
    return checked(key, this.values[key], (value) => Array.isArray(value) && value.every(isText));
  }

  pairs(key: string): [string, string][] {
    const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
    return checked(key, this.values[key], (value) => Array.isArray(value) && value.every(isPair));
  }

  /** A whole number that JavaScript holds exactly. */
  number(key: string): number {
    return checked(key, this.values[key], Number.isSafeInteger);
  }

  numberOrNull(key: string): number | null {
    return this.isNull(key) ? null : this.number(key);
  }

  numbers(key: string): number[] {
    return checked(key, this.values[key], (value) => Array.isArray(value) && value.every(Number.isSafeInteger));
  }

  flag(key: string): boolean {
    return checked(key, this.values[key], (value) => typeof value === "boolean");
  }

  oneOf<const T>(key: string, values: readonly T[]): T {
    return checked(key, this.values[key], (value) => values.includes(value as T));
  }

  time(key: string): string {
    return checked(key, this.values[key], (value) => isText(value) && parseTime(value) !== null);
  }

  bytesOrNull(key: string): Uint8Array | null {
    return this.isNull(key) ? null : Buffer.from(this.text(key), "base64");
  }

  /** Lower-case hex. */
  hash(key: string): string {
    return checked(key, this.values[key], (value) => isText(value) && /^[0-9a-f]{64}$/.test(value));
  }

  /** The absolute path of a file that is named like a log. */
  logPath(key: string): string {
    const isLog = (value: unknown) => isText(value) && path.isAbsolute(value) && LOG_NAME.test(path.basename(value));
    return checked(key, this.values[key], isLog);
  }

  isNull(key: string): boolean {
    return this.values[key] === null;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  objects(key: string): Fields[] {
    return checked<unknown[]>(key, this.values[key], Array.isArray).map((value) => Fields.#of(value));
  }

  /** Null for null. */
  object(key: string): Fields | null {
    return this.isNull(key) ? null : Fields.#of(this.values[key]);
  }

  static #of(value: unknown): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("not an object");
    return new Fields(value as { readonly [key: string]: unknown });
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}

function checked<T>(key: string, value: unknown, is: (value: unknown) => boolean): T {
  if (!is(value)) throw new TypeError(`${key} is missing, or of another type`);
  return value as T;
}
