import fs from "node:fs";
import path from "node:path";

export const root = path.join(import.meta.dir, "../..");
export const topicFolder = "src/cli/help/topics";

/** Documents that a reader opens, relative to the checkout. */
export const pages: readonly string[] = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...markdownIn("docs")];

/** The same, and the pages of `scenariolog help`. */
export const documents: readonly string[] = [...pages, ...markdownIn(topicFolder)];

export function textOf(document: string): string {
  return fs.readFileSync(path.join(root, document), "utf8");
}

/** Anchors of the headings, as GitHub makes them. */
export function anchorsOf(markdown: string): Set<string> {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  return new Set([...prose.matchAll(/^#+ +(.*)$/gm)].map(([, title]) => anchorOf(title!)));
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Targets of links to this checkout: `[file, anchor]`, the file relative to the document; either may be empty. */
export function localLinksOf(markdown: string): [file: string, anchor: string][] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  const targets = [...prose.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.map((target) => {
    const [file, anchor] = target.split("#", 2);
    return [file!, anchor ?? ""];
  });
}

/** Paths in backticks, relative to the checkout or to src/: `src/store/`, `capture/drain.ts`. */
export function pathsIn(markdown: string): string[] {
  const quoted = [...markdown.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\/?|[\w-]+\/)`/g)].map(([, name]) => name!);
  return quoted.filter((name) => !name.startsWith(".") && !name.startsWith("dist/"));
}

function markdownIn(folder: string): string[] {
  return fs
    .readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${folder}/${name}`);
}
