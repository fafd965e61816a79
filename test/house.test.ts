import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";

const src = path.join(import.meta.dir, "../src");

/** What each folder may import besides itself; files at the top (main.ts, errors.ts) count as folders of their name. */
const mayImport: Record<string, readonly string[]> = {
  main: ["cli"],
  errors: [],
  sys: ["errors"],
  os: [],
  model: ["errors"],
  store: ["model", "errors", "sys", "os"],
  capture: ["model", "errors", "sys", "os"],
  render: ["model", "errors"],
  files: ["capture", "store", "model", "errors", "os"],
  recorder: ["files", "capture", "store", "model", "errors", "os"],
  report: ["store", "model", "errors"],
  cli: ["files", "recorder", "report", "render", "model", "errors", "sys"],
};

/** A verb opens what it hands on to recorder or report: the one thing that cli asks of the two below. */
const handedOn = ["store/open.ts", "store/store.ts", "capture/child.ts"];

/** Small things that more than one folder does, kept in the lower one. */
const shared = ["capture/descriptors.ts"];

const onlyIn: readonly [RegExp, string][] = [
  [/^bun:sqlite$/, "store/"],
  [/^(citty|consola)(\/|$)/, "cli/"],
];

interface Import {
  readonly from: string;
  /** A path below src/ for a file of ours, else the module's name. */
  readonly to: string;
  readonly lazy: boolean;
}

const files = [...new Bun.Glob("**/*.ts").scanSync(src)].filter((file) => !file.endsWith(".d.ts")).sort();
const code = new Map(files.map((file) => [file, withoutComments(fs.readFileSync(path.join(src, file), "utf8"))]));
const imports = files.flatMap(importsOf);

test("imports go down the house only, and nobody imports cli", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!code.has(to) || folderOf(from) === folderOf(to)) return false;
    if (folderOf(from) === "cli" && [...handedOn, ...shared].includes(to)) return false;
    return !mayImport[folderOf(from)]?.includes(folderOf(to));
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test("bun:sqlite is imported in store/ only, citty and consola in cli/ only", () => {
  for (const [module, folder] of onlyIn) {
    const importers = imports.filter(({ to }) => module.test(to)).map(({ from }) => from);
    expect(importers).not.toEqual([]);
    expect(importers.filter((file) => !file.startsWith(folder))).toEqual([]);
  }
});

test("memory for C has one owner: sys/ alone speaks to bun:ffi, only memory.ts finds addresses, only libc.ts opens", () => {
  const speakers = imports.filter(({ to }) => to === "bun:ffi").map(({ from }) => from);
  expect(speakers).toEqual(["sys/libc.ts", "sys/memory.ts"]);
  // Also not through a require, nor the engine's own names for it.
  expect(files.filter((file) => /bun:ffi|Bun\.(?:FFI|unsafe)/.test(code.get(file)!))).toEqual(speakers);
  const words = /\b(?:ptr\(|toArrayBuffer|toBuffer|CString|JSCallback|CFunction|linkSymbols|viewSource|dlopen)\b/g;
  const used = files.flatMap((file) => (code.get(file)!.match(words) ?? []).map((word) => `${file} ${word}`));
  expect([...new Set(used)]).toEqual(["sys/libc.ts dlopen", "sys/memory.ts ptr("]);
});

test("model and render do no I/O: they import no module of the system", () => {
  expect(imports.filter(({ from, to }) => /^(model|render)\//.test(from) && /^(node|bun):/.test(to))).toEqual([]);
});

test("nothing touches process.stdout or process.stderr, and main.ts alone calls process.exit", () => {
  expect(files.filter((file) => /process\.(?:stdout|stderr)\b/.test(code.get(file)!))).toEqual([]);
  expect(files.filter((file) => /process\.exit\(/.test(code.get(file)!))).toEqual(["main.ts"]);
});

test("no file imports itself by way of others", () => {
  const next = Map.groupBy(
    imports.filter(({ lazy }) => !lazy),
    ({ from }) => from,
  );
  const cycleFrom = (file: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (clear.has(file)) return undefined;
    for (const { to } of next.get(file) ?? []) {
      const cycle = cycleFrom(to, [...trail, file]);
      if (cycle) return cycle;
    }
    clear.add(file);
    return undefined;
  };
  const clear = new Set<string>();
  expect(files.flatMap((file) => cycleFrom(file, []) ?? [])).toEqual([]);
});

test("verbs, topics and node:os are loaded when they are asked for", () => {
  const lazyOnly = imports.filter(({ to }) => to.endsWith(".md") || to.startsWith("cli/verbs/") || to === "node:os");
  expect(lazyOnly.length).toBeGreaterThan(10);
  expect(lazyOnly.filter(({ lazy }) => !lazy)).toEqual([]);
});

function importsOf(from: string): Import[] {
  const statements = /^(?:import|export)\b(?:[^;"]*?\bfrom)? "([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...code.get(from)!.matchAll(statements)].map(([, direct, lazily]) => {
    const module = (direct ?? lazily)!;
    const to = module.startsWith(".") ? path.posix.join(path.posix.dirname(from), module) : module;
    return { from, to, lazy: lazily !== undefined };
  });
}

function folderOf(file: string): string {
  return file.split("/")[0]!.replace(/\.ts$/, "");
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}
