import { expect, test } from "bun:test";
import { render } from "../../src/render/render.ts";
import { oddStrings } from "./odd-strings.ts";

const rows = {
  columns: ["name", "code"],
  rows: [
    ["a|b", 0],
    ["two\nlines", null],
  ],
};
const none = { columns: ["name", "code"], rows: [] };

test("markdown is a pipe table with pipes and newlines escaped", () => {
  expect(render(rows, { format: "markdown" })).toBe(
    "| name | code |\n| --- | --- |\n| a\\|b | 0 |\n| two<br/>lines |  |\n",
  );
});

test("markdown without headers drops the separator row as well, and without rows is the header", () => {
  expect(render(rows, { format: "markdown", withHeaders: false })).toBe("| a\\|b | 0 |\n| two<br/>lines |  |\n");
  expect(render(none, { format: "markdown" })).toBe("| name | code |\n| --- | --- |\n");
  expect(render(none, { format: "markdown", withHeaders: false })).toBe("");
});

test("html is a table with head and body and escaped text", () => {
  const odd = {
    columns: ["na<me", "code"],
    rows: [
      [`<b title="x">it's</b> & |`, 1],
      ["two\r\nlines\x1b", null],
    ],
  };
  expect(render(odd, { format: "html" })).toBe(`<table>
<thead>
<tr><th>na&lt;me</th><th>code</th></tr>
</thead>
<tbody>
<tr><td>&lt;b title=&quot;x&quot;&gt;it&#39;s&lt;/b&gt; &amp; |</td><td>1</td></tr>
<tr><td>two
lines\\x1b</td><td></td></tr>
</tbody>
</table>
`);
});

test("html without headers has no head, and without rows has an empty body", () => {
  expect(render(none, { format: "html" })).toBe(
    "<table>\n<thead>\n<tr><th>name</th><th>code</th></tr>\n</thead>\n<tbody>\n</tbody>\n</table>\n",
  );
  expect(render(none, { format: "html", withHeaders: false })).toBe("<table>\n<tbody>\n</tbody>\n</table>\n");
});

test("text that looks like tags, entities or escapes survives a markdown renderer", () => {
  for (const text of [
    "Vec<T>",
    "a < b && c > d",
    "&lt; &amp;",
    "a\\|b",
    "a\\\\|b",
    "C:\\temp\\",
    "\\<b>",
    "x\\&amp;",
    "<br/>",
  ]) {
    const page = Bun.markdown.html(render({ columns: ["c"], rows: [[text]] }, { format: "markdown" }), {
      tables: true,
    });
    const cell = /<td>(.*)<\/td>/s.exec(page)?.[1];
    expect(cell).not.toContain("<");
    expect(unescaped(cell)).toBe(text);
  }
});

test("every odd string stays in one row of a markdown table and in one cell of an html table", () => {
  for (const text of oddStrings) {
    const odd = { columns: ["c"], rows: [[text]] };
    const pipes = render(odd, { format: "markdown" });
    expect(pipes.split("\n")).toHaveLength(4);
    expect(pipes).not.toMatch(/[^\P{Cc}\n]/u);
    const page = render(odd, { format: "html" });
    expect(page.match(/<[a-z/]+>/g)).toHaveLength(14);
    expect(page).not.toMatch(/[^\P{Cc}\n]/u);
  }
});

function unescaped(html: string | undefined): string | undefined {
  return html?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

test("markdown shows images, links, names, references and emphasis as the text that they are", () => {
  for (const text of [
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "[click][ref] [^1]",
    "ask @octocat, @org/team-x or me@mail.example",
    "fixes #1, GH-2, org/repo#3",
    "http://a.example www.a.example ftp://b <https://c.example>",
    "**bold** _it_ ~~no~~ snake_case_name __init__ 2*3*4",
    "a `tick and @name then another ` tick",
    "``@name`` | `#1`|x",
    "C:\\@name\\",
    "trailing \\",
    ":tada: a:b:c 10:20:30",
    "<img src=x onerror=alert(1)>",
  ]) {
    const page = Bun.markdown.html(render({ columns: ["c"], rows: [[text]] }, { format: "markdown" }), {
      tables: true,
      strikethrough: true,
      autolinks: true,
    });
    const cell = /<td>(.*)<\/td>/s.exec(page)![1]!;
    expect({ text, tags: cell.replaceAll(/<\/?code>/g, "").match(/<[^>]*>/g) }).toEqual({ text, tags: null });
    expect(unescaped(cell.replaceAll(/<\/?code>/g, ""))).toBe(text);
    // GitHub looks for names and references in what is no code.
    expect(cell.replaceAll(/<code>.*?<\/code>/g, "")).not.toMatch(/@\w|#\d|:\/\/|www\./);
  }
});
