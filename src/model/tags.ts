import { usageError } from "../errors.ts";

/** The run tag that `record` keeps: the highest number among the steps that it is going to start. 0 for a harness. */
export const PLANNED_TAG = "record.last_step_num";

/** The run tag with what followed `record`, as a JSON array of words, redacted: what --failed repeats. */
export const RECORD_TAG = "record.args_json";
/** The run tag with the directory that `record` was called in. */
export const CWD_TAG = "record.cwd";
/** The run tag with the numbers of the steps that a selection left out, as a JSON array. Absent if it left out none. */
export const LEFT_OUT_TAG = "record.left_out";

/** Returns the file that an element of `--kv` names (`@tags.json`), or undefined if the element is a tag. */
export function tagFileOf(field: string): string | undefined {
  return field.startsWith("@") && field.length > 1 ? field.slice(1) : undefined;
}

/**
 * Parses one tag: `key:value`, split at the first `:`, so that `url:http://x` works, else `key=value`. Throws USAGE that
 * names the flag for text with neither, or with no key.
 */
export function parseTag(field: string, flag = "kv"): [string, string] {
  const colon = field.indexOf(":");
  const at = colon >= 0 ? colon : field.indexOf("=");
  if (at < 0) throw usageError(`--${flag} ${JSON.stringify(field)} is no tag`, "write it as key:value");
  const key = field.slice(0, at);
  if (key.trim() === "")
    throw usageError(`--${flag} ${JSON.stringify(field)} has an empty key`, "write it as key:value");
  return [key, field.slice(at + 1)];
}

/** Makes tags of the object in a JSON or YAML file: scalars become strings, deeper values compact JSON, null is empty. */
export function tagsFromObject(value: unknown, source: string): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw usageError(`--kv @${source} does not hold an object of tags`, 'write it as {"key": "value"}');
  }
  return Object.entries(value).map(([key, item]) => {
    if (key.trim() === "") throw usageError(`--kv @${source} has an empty key`);
    return [key, scalarText(item)];
  });
}

function scalarText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Splits one CSV record into fields. A quote counts only at the start of a field; `""` inside quotes is one quote. */
export function splitFields(text: string): string[] {
  if (text === "") return [];
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let field = "";
      let close = at + 1;
      for (;;) {
        const quote = text.indexOf('"', close);
        if (quote < 0) throw usageError(`--kv ${JSON.stringify(text)} has an unbalanced quote`);
        field += text.slice(close, quote);
        close = quote + 1;
        if (text[close] !== '"') break;
        field += '"';
        close++;
      }
      if (close < text.length && text[close] !== ",") {
        throw usageError(`--kv ${JSON.stringify(text)} has text after a closing quote`);
      }
      fields.push(field);
      at = close;
    } else {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length : comma;
      fields.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) return fields;
    at++; // the comma
    if (at === text.length) return [...fields, ""];
  }
}
