import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { floors } from "../scripts/house.ts";

const src = path.join(import.meta.dir, "../src");

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

test("a folder imports only the floors beneath it, as scripts/house.ts has them, also for types alone", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!code.has(to) || floorOf(from) === floorOf(to)) return false;
    return !floors[floorOf(from)]?.mayImport.includes(floorOf(to));
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  expect([...new Set(files.map(floorOf))].sort()).toEqual(Object.keys(floors).sort());
});

test("no two folders beside each other import each other, not even types", () => {
  const pairs = new Set(
    imports
      .filter(({ to }) => code.has(to))
      .map(({ from, to }) => `${path.posix.dirname(from)} ${path.posix.dirname(to)}`),
  );
  const circles = [...pairs].filter((pair) => {
    const [from, to] = pair.split(" ") as [string, string];
    return from < to && !isWithin(from, to) && !isWithin(to, from) && pairs.has(`${to} ${from}`);
  });
  expect(circles).toEqual([]);
});

test("a file has at most 250 lines, or says in its first comment why it has more", () => {
  const long = files.filter((file) => {
    const text = fs.readFileSync(path.join(src, file), "utf8");
    const first = /^(?:import [^;]*;\s*)*(\/\*[\s\S]*?\*\/|\/\/.*)/.exec(text)?.[1] ?? "";
    return text.split("\n").length > 251 && !/\blong\b|in one file/i.test(first);
  });
  expect(long).toEqual([]);
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

test("model, render and export do no I/O: they import no module of the system", () => {
  expect(imports.filter(({ from, to }) => /^(model|render|export)\//.test(from) && /^(node|bun):/.test(to))).toEqual(
    [],
  );
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

function floorOf(file: string): string {
  return file.split("/")[0]!.replace(/\.ts$/, "");
}

function isWithin(folder: string, other: string): boolean {
  return folder === "." || other === folder || other.startsWith(`${folder}/`);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}
