import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { startSuite } from "../support/suite.ts";

const root = path.join(import.meta.dir, "../..");
const document = fs.readFileSync(path.join(root, "docs/run-document.md"), "utf8");
const [ofShow, ofWhy] = document.split("## The JSON of why") as [string, string];
const named = (text: string) => new Set([...text.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name!));

/** Names of all fields in a value, but for those of maps whose keys are data. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...(key === "tags" ? [] : fieldsOf(item))]);
}

describe("docs/run-document.md names every field", () => {
  test("of the types of the run document", () => {
    const types = fs.readFileSync(path.join(root, "src/report/document/run-document.ts"), "utf8");
    const fields = [...types.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name!);
    expect(fields.length).toBeGreaterThan(90);
    expect(fields.filter((field) => !named(ofShow).has(field))).toEqual([]);
  });

  test("of a document and a diagnosis of a real run, and the two begin with their format", async () => {
    const suite = await startSuite();
    const script = "check() { if test -f $1; then echo $1; else echo gone >&2; return 3; fi; }\ncheck good\n";
    fs.writeFileSync(path.join(suite.dir, "a.sh"), script);
    fs.writeFileSync(path.join(suite.dir, "good"), "");
    const step = ["--trace", "always", "--step-num"];
    await suite.exec([...step, "1"], ["bash", "a.sh"], { cwd: suite.dir });
    fs.rmSync(path.join(suite.dir, "good"));
    const again = (await suite.verb("run start", ["--root-dir", suite.dir, "--suite", "test"])).stdout.trim();
    for (const num of ["1", "2"]) {
      const flags = ["--run-id", again, "--log-dir", "logs2", ...step, num];
      await suite.exec(flags, ["bash", "a.sh"], { cwd: suite.dir });
    }
    const show = JSON.parse((await suite.verb("show")).stdout);
    const why = JSON.parse((await suite.verb("why", ["--all", "--output", "json"])).stdout);
    for (const [json, text] of [
      [show, ofShow],
      [why, ofWhy + ofShow],
    ]) {
      expect(Object.entries(json)[0]).toEqual(["format", 1]);
      expect([...new Set(fieldsOf(json))].filter((field) => !named(text).has(field))).toEqual([]);
    }
    expect(show.steps[0].failed_at.callers).toHaveLength(1);
    expect(show.steps[0].since.new_lines).toEqual(["gone"]);
  });
});
