import fs from "node:fs";
import path from "node:path";
import { ScenariologError, systemCode, usageError } from "../../errors.ts";
import { parseTag, splitFields, tagFileOf, tagsFromObject } from "../../model/tags.ts";

/**
 * All tags of a repeated --kv; of a key given twice the last value counts, and an empty one is no tag. Reads `@file`
 * elements. Throws USAGE.
 */
export function tagsOf(values: readonly string[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const value of values) {
    for (const field of splitFields(value)) {
      const file = tagFileOf(field);
      for (const [key, text] of file === undefined ? [parseTag(field)] : fromFile(file)) tags.set(key, text);
    }
  }
  for (const [key, text] of tags) if (text === "") tags.delete(key);
  return tags;
}

function fromFile(file: string): [string, string][] {
  return tagsFromObject(parse(file, read(file)), file);
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw new ScenariologError("USAGE", `--kv @${file} cannot be read: ${systemCode(error) ?? error}`, {
      cause: error,
    });
  }
}

function parse(file: string, text: string): unknown {
  const type = path.extname(file).toLowerCase();
  try {
    if (type === ".json") return JSON.parse(text, asWritten as Parameters<typeof JSON.parse>[1]);
    if (type === ".yaml" || type === ".yml") return Bun.YAML.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ScenariologError("USAGE", `--kv @${file} is no valid ${type.slice(1)}: ${detail}`, { cause: error });
  }
  throw usageError(`--kv @${file} is neither .json nor .yaml`);
}

/** A number keeps its digits: 12345678901234567890 and 1.10 are identifiers and versions here. */
function asWritten(_key: string, value: unknown, context: { source?: string }): unknown {
  return typeof value === "number" ? (context.source ?? value) : value;
}
