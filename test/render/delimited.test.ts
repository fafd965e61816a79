import { expect, test } from "bun:test";
import { render } from "../../src/render/render.ts";
import { oddStrings } from "./odd-strings.ts";

const rows = {
  columns: ["name", "exit_code", "ok"],
  rows: [
    ["plain", 0, true],
    ["a,b", null, false],
    ['say "hi"\nbye', -1, false],
    ["tab\there; and", 1.5, true],
  ],
};

test("csv has a header, newline ends, and quotes only what needs it; null is empty", () => {
  expect(render(rows, { format: "csv" })).toBe(
    'name,exit_code,ok\nplain,0,true\n"a,b",,false\n"say ""hi""\nbye",-1,false\ntab\there; and,1.5,true\n',
  );
});

test("tsv is the same with tabs", () => {
  expect(render(rows, { format: "tsv" })).toBe(
    'name\texit_code\tok\nplain\t0\ttrue\na,b\t\tfalse\n"say ""hi""\nbye"\t-1\tfalse\n"tab\there; and"\t1.5\ttrue\n',
  );
});

test("a separator of one's own applies to csv and tsv and is what gets quoted", () => {
  const expected =
    'name;exit_code;ok\nplain;0;true\na,b;;false\n"say ""hi""\nbye";-1;false\n"tab\there; and";1.5;true\n';
  expect(render(rows, { format: "csv", csvSeparator: ";" })).toBe(expected);
  expect(render(rows, { format: "tsv", csvSeparator: ";" })).toBe(expected);
});

test("without rows csv and tsv are the header, and without a header as well nothing", () => {
  const none = { columns: ["a", "b"], rows: [] };
  expect(render(none, { format: "csv" })).toBe("a,b\n");
  expect(render(none, { format: "tsv" })).toBe("a\tb\n");
  expect(render(none, { format: "csv", withHeaders: false })).toBe("");
  expect(render(rows, { format: "csv", withHeaders: false, limit: 1 })).toBe("plain,0,true\n");
});

test("the only cell of a row is quoted when it is empty, as readers skip empty lines", () => {
  expect(render({ columns: ["a"], rows: [[null], [""], ["x"]] }, { format: "csv" })).toBe('a\n""\n""\nx\n');
});

test("every odd string comes back from csv and tsv, beside another cell and alone", () => {
  for (const [format, separator] of [
    ["csv", ","],
    ["tsv", "\t"],
    ["csv", "|"],
  ] as const) {
    for (const text of oddStrings) {
      const odd = { columns: ["a", text], rows: [[text, "end"]] };
      expect(parse(render(odd, { format, csvSeparator: separator }), separator)).toEqual([
        ["a", text],
        [text, "end"],
      ]);
      expect(parse(render({ columns: ["a"], rows: [[text]] }, { format }), format === "csv" ? "," : "\t")).toEqual([
        ["a"],
        [text],
      ]);
    }
  }
});

/** RFC 4180, with "\n" ends; throws on what is not well-formed. */
function parse(text: string, separator: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        if (at >= text.length) throw new Error("unterminated quote");
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== separator && text[at] !== "\n") cell += text[at++];
      if (/["\r]/.test(cell)) throw new Error("unquoted quote or CR");
    }
    record.push(cell);
    if (text[at] === "\n") {
      records.push(record);
      record = [];
    } else if (text[at] !== separator) throw new Error(`no separator at ${at}`);
    at += 1;
  }
  if (record.length > 0) throw new Error("no newline at the end");
  return records;
}

test("csvSafe keeps text from being a formula, and numbers numbers", () => {
  const cells = ["=cmd|' /C calc'!A0", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0@x", "＝1+1", "＠x"];
  for (const format of ["csv", "tsv"] as const) {
    const bare = (text: string) =>
      render({ columns: ["c", "d"], rows: [[text, 1]] }, { format, withHeaders: false, csvSafe: true });
    for (const text of cells) expect(bare(text).replace(/^"/, "")).toStartWith(`'${text}`);
    for (const text of ["-5", "+1.5e3", "plain", "a=b", "", "10%"]) expect(bare(text)).toStartWith(text);
  }
  const odd = { columns: ["=a", "b"], rows: [[-1, null]] };
  expect(render(odd, { format: "csv", csvSafe: true })).toBe("'=a,b\n-1,\n");
  expect(render(odd, { format: "csv" })).toBe("=a,b\n-1,\n");
});
