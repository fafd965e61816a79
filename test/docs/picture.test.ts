import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { run, tempDir } from "../support/program.ts";
import { root } from "./documents.ts";
import { folderOnPath } from "./examples.ts";

const svg = fs.readFileSync(path.join(root, "docs/red-run.svg"), "utf8");

test("the picture of the README has the lines that a fresh run prints", async () => {
  const bin = folderOnPath(path.join(tempDir(), "bin"));
  const check = await run([process.execPath, path.join(root, "scripts/picture.ts"), "--check"], {
    env: { SCENARIOLOG_BIN: path.join(bin, "scenariolog") },
  });
  expect(check).toMatchObject({ code: 0, stderr: "" });
});

test("the picture of the README follows a light and a dark theme, and loads nothing", () => {
  expect(svg).toContain("@media (prefers-color-scheme: dark)");
  expect(() => Bun.XML.parse(svg)).not.toThrow();
  expect(svg).not.toMatch(/href|url\(|<script|<image/);
});

test("the picture of the README shows a failed step, why it failed, and no path of the machine that drew it", () => {
  const text = svg.replace(/<[^>]*>/g, "");
  expect(text).toContain("FAIL");
  expect(text).toContain("error: total is 42, expected 45");
  expect(text).not.toContain("scenariolog-picture-");
  expect(text).not.toMatch(/\/(tmp|home|root|work)\//);
});
