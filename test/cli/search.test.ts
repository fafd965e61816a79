import { beforeAll, describe, expect, test } from "bun:test";
import { scenariolog } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const LINES = [
  "warning: disk almost full",
  "fatal ERROR in module x.go:12",
  "connection refused by server",
  "connected to server",
  "can't open: foo.txt",
  "don't panic",
  "run with --out and a=b",
  "progress 100%",
  "written in C++ at path/to/file",
  'she said "hello world" twice',
  "größe und ÜBER größe",
  "日本語 テキスト 🎉 party",
  "AND OR NOT NEAR",
  "error warning",
];
let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["printf", "%s\\n", ...LINES]);
});

/** Line numbers that a search finds, and whether it says that it took the query as a phrase. */
async function search(query: string, ...flags: string[]): Promise<{ lines: number[]; asPhrase: boolean }> {
  const args = ["--query", query, "--limit", "-1", "--select", "line_num", ...flags];
  const { stdout, stderr, code } = await suite.verb("search", args);
  expect({ query, code }).toEqual({ query, code: 0 });
  const asPhrase = stderr !== "";
  if (asPhrase) {
    expect(stderr).toMatch(/^\[scenariolog\] note: --query [^\n]* is no FTS5 expression; searched as a phrase\n$/);
  }
  return { lines: stdout.split("\n").filter(Boolean).map(Number), asPhrase };
}

describe("a query in the syntax of FTS5 is taken at its word:", () => {
  test.each([
    ["warning OR error", [1, 2, 14]],
    ["warning error", [14]],
    ["warning AND error", [14]],
    ["warning NOT error", [1]],
    ['"refused by server"', [3]],
    ['"server refused"', []],
    ["conn*", [3, 4]],
    ["connected*", [4]],
    ["NEAR(connection server, 2)", [3]],
    ["NEAR(connection server, 1)", []],
    ["(connection OR connected) AND server", [3, 4]],
    ["^connected", [4]],
    ["^server", []],
    ["text : fatal", [2]],
    ["{text} : (fatal OR panic)", [2, 6]],
    ["error + warning", [14]],
    ["Error", [2, 14]],
    ["größe", [11]],
    ["GRÖSSE OR GROSSE OR uber", [11]],
    ["日本語", [12]],
    ['said "hello world" twice', [10]],
    ["NEAR", [13]],
  ] as [string, number[]][])("%s", async (query, lines) => {
    expect(await search(query)).toEqual({ lines, asPhrase: false });
  });
});

describe("ordinary text is taken as a phrase, with a note:", () => {
  test.each([
    ["--out", [7]],
    ["x.go:12", [2]],
    ["don't", [6]],
    ["can't open: foo.txt", [5]],
    ["100%", [8]],
    ["C++", [9]],
    ["a=b", [7]],
    ["path/to/file", [9]],
    ['"hello world', [10]],
    ['hello "world', [10]],
    ["error OR", []],
    ["AND OR", [13]],
    ["NOT", [13]],
    ["NEAR(", [13]],
    ["(fatal error", [2]],
    ["fatal error)", [2]],
    ["*fatal", [2]],
    ["*reads", []],
    ["*id", []],
    ["open: foo.txt", [5]],
    ["run_id:1", []],
    ["line_num : 3", []],
    ["warning; DROP TABLE steps", []],
    ["party 🎉!", [12]],
    [`${"((((".repeat(300)}fatal`, [2]],
    [`${"fatal ".repeat(9000)}:`, []],
  ] as [string, number[] | null][])("%p", async (query, lines) => {
    const found = await search(query);
    if (lines === null)
      expect(found.asPhrase).toBe(false); // happens to be an expression
    else expect(found).toEqual({ lines, asPhrase: true });
  });
});

test("--literal takes any query as a phrase, and says nothing about it", async () => {
  expect(await search("warning OR error", "--literal")).toEqual({ lines: [], asPhrase: false });
  expect(await search("AND OR NOT", "--literal")).toEqual({ lines: [13], asPhrase: false });
  expect(await search("conn*", "--literal")).toEqual({ lines: [], asPhrase: false });
  expect(await search("x.go:12", "--literal")).toEqual({ lines: [2], asPhrase: false });
  expect(await search('"hello world"', "--literal")).toEqual({ lines: [10], asPhrase: false });
});

describe("a query without a word is a usage error, with --literal too:", () => {
  test.each(["", " ", "*", "^", '"', '""', "()", "--", "🎉", "%&/", "\t\n"])("%j", async (query) => {
    for (const flags of [[], ["--literal"], ["--limit", "0"]]) {
      expect(await suite.verb("search", [`--query=${query}`, ...flags])).toEqual({
        stdout: "",
        stderr: `Error: --query ${visible(query)} has no word in it\n  the index holds words: letters and digits; see: scenariolog search --help\n`,
        code: 2,
        signal: null,
      });
    }
  });
});

/** As an error shows it: on one line. */
function visible(query: string): string {
  return JSON.stringify(query);
}

describe("hits", () => {
  let many: Suite;
  beforeAll(async () => {
    many = await startSuite();
    const script = (name: string) =>
      `for i in 1 2 3; do echo "needle ${name} out $i"; echo "needle ${name} err $i" >&2; done`;
    for (const step of ["10", "9", "2"]) await many.exec(["--step-num", step], ["bash", "-c", script(step)]);
    const second = await many.verb("run start", ["--root-dir", many.dir, "--run-id", "second"]);
    expect(second.code).toBe(0);
    const flags = ["--run-id", "second", "--root-dir", many.dir, "--log-dir", "logs2", "--name", "n"];
    await many.verb("exec", [...flags, "--", "echo", "needle of the second run"]);
  });
  const texts = async (...flags: string[]) => {
    const { stdout, code } = await many.verb("search", ["--query", "needle", "--select", "text", ...flags]);
    expect(code).toBe(0);
    return stdout.split("\n").slice(0, -1);
  };
  const inOrder = ["2", "9", "10"].flatMap((step) =>
    ["out", "err"].flatMap((stream) => ["1", "2", "3"].map((line) => `needle ${step} ${stream} ${line}`)),
  );

  test("come in the order of steps by number, stdout before stderr, line by line", async () => {
    expect(await texts("--run-id", many.runId)).toEqual(inOrder);
  });

  test("have the contract's columns, and with --all-runs the run behind them", async () => {
    const rows = async (...flags: string[]) =>
      (await many.verb("search", ["--query", '"needle 9 err 2" OR second', "--output", "csv", ...flags])).stdout;
    const first = `${many.sql("SELECT artifact_id AS id FROM artifacts WHERE path LIKE '%step-09-stderr.txt'")[0]!.id}`;
    const last = `${many.sql("SELECT max(artifact_id) - 1 AS id FROM artifacts")[0]!.id}`;
    const row = `${first},${many.runId}-step-09,stderr,logs/step-09-stderr.txt,2,needle 9 err 2`;
    expect(await rows("--run-id", many.runId)).toBe(`artifact_id,step_id,kind,path,line_num,text\n${row}\n`);
    expect(await rows("--all-runs")).toBe(
      `artifact_id,step_id,kind,path,line_num,text,run_id\n${row},${many.runId}\n` +
        `${last},second-step-00,stdout,logs2/step-00-stdout.txt,1,needle of the second run,second\n`,
    );
  });

  test("are those of the latest run where none is named, and of every run with --all-runs", async () => {
    expect(await texts()).toEqual(["needle of the second run"]);
    expect(await texts("--run-id", "latest")).toEqual(["needle of the second run"]);
    expect(await texts("--all-runs")).toEqual([...inOrder, "needle of the second run"]);
  });

  test("are at most --limit, which is 100 unless given; 0 is none and less is all", async () => {
    await many.exec(["--step-num", "20"], ["bash", "-c", "seq -f 'needle %.0f' 1 120"]);
    for (const [flags, count] of [
      [["--limit", "0"], 0],
      [["--limit", "1"], 1],
      [["--limit", "19"], 19],
      [[], 100],
      [["--limit", "-1"], 138],
      [["--limit=-7"], 138],
    ] as const) {
      expect(await texts("--run-id", many.runId, ...flags)).toHaveLength(count);
    }
    expect(await texts("--run-id", many.runId, "--limit", "19")).toEqual([...inOrder, "needle 1"]);
    expect(await texts("--all-runs", "--limit", "-1")).toHaveLength(139);
    expect(await many.verb("search", ["--query", "needle", "--limit", "0", "--output", "json"])).toMatchObject({
      stdout: "[]\n",
      code: 0,
    });
  });

  test("are narrowed by --step and --kind", async () => {
    expect(await texts("--run-id", many.runId, "--step", "9", "--kind", "stderr")).toEqual(
      [1, 2, 3].map((n) => `needle 9 err ${n}`),
    );
    expect(await texts("--all-runs", "--step", "0")).toEqual(["needle of the second run"]);
    expect(await texts("--run-id", many.runId, "--kind", "screenshot")).toEqual([]);
    expect(await texts("--run-id", many.runId, "--step", "11")).toEqual([]);
  });
});

test("odd bytes are searched and shown: NUL, invalid UTF-8, CRLF, a long line", async () => {
  const odd = await startSuite();
  const script = [
    String.raw`printf 'nul\0needle\n'`,
    String.raw`printf 'bad \xff\xfe needle\n'`,
    String.raw`printf 'crlf needle\r\n\n'`,
    `printf 'long needle %s€ tail\\n' "$(head -c 16370 /dev/zero | tr '\\0' x)"`,
    "printf 'last needle'",
  ].join(";");
  await odd.exec(["--step-num", "1"], ["bash", "-c", script]);
  const find = async (query: string) =>
    (await odd.rows("search", ["--query", query, "--fields", "line_num,text"])) as { line_num: number; text: string }[];
  const found = await find("needle");
  const long = found.find((row) => row.line_num === 5)!;
  expect(found.filter((row) => row.line_num !== 5)).toEqual([
    { line_num: 1, text: "nul needle" },
    { line_num: 2, text: "bad \ufffd\ufffd needle" },
    { line_num: 3, text: "crlf needle" },
    { line_num: 6, text: "last needle" },
  ]);
  expect(long.text).toBe(`long needle ${"x".repeat(16_370)}€ tail`);
  expect(await find("tail")).toEqual([long]);
});

test("a search that finds nothing is no error", async () => {
  expect(await suite.verb("search", ["--query", "nowhere", "--output", "csv"])).toEqual({
    stdout: "artifact_id,step_id,kind,path,line_num,text\n",
    stderr: "",
    code: 0,
    signal: null,
  });
  expect(await scenariolog(["search", "--db", suite.db, "--query", "x", "--run-id", "nobody"])).toMatchObject({
    stdout: "",
    code: 1,
  });
});

describe("what has no spaces between words, and parts of words", () => {
  let mixed: Suite;
  beforeAll(async () => {
    mixed = await startSuite();
    const lines = [
      "無法連接資料庫error代碼42",
      "データベースに接続できません",
      "ไม่สามารถเชื่อมต่อฐานข้อมูลได้",
      "cannot connect to the database",
      "100% of ÄPFEL_x",
      "資料庫 is ready",
      "오류가 발생했습니다",
    ];
    await mixed.exec(["--step-num", "1"], ["printf", "%s\\n", ...lines]);
    await mixed.exec(["--step-num", "2"], ["printf", "%s\\n", "\x1b[31merror:\x1b[0m 無法開啟"]);
  });
  const linesOf = async (...flags: string[]) => {
    const { stdout, stderr, code } = await mixed.verb("search", [...flags, "--select", "line_num"]);
    expect({ flags, stderr, code }).toEqual({ flags, stderr: "", code: 0 });
    return stdout.split("\n").filter(Boolean).map(Number);
  };

  test.each([
    ["連接", [1]],
    ["資料庫error", [1]],
    ["接続", [2]],
    ["เชื่อมต่อ", [3]],
    ["오류", [7]],
    ["資料庫", [1, 6]],
    ["資料庫 error", [1]],
    ["ready AND 資料庫", [6]],
    ["資料庫 NOT ready", [1]],
    ["接続 OR 오류", [2, 7]],
    ['"資料庫 is"', [6]],
    ["料庫*", [1, 6]],
    ["無法", [1, 1]],
  ])("are found by the query %s", async (query, lines) => {
    expect(await linesOf("--query", query)).toEqual(lines);
    expect(await linesOf("--all-runs", "--query", query)).toEqual(lines);
  });

  test.each([
    ["ata", [4]],
    ["error", [1, 1]],
    ["connect to", [4]],
    ["100%", [5]],
    ["100_", []],
    ["l_x", [5]],
    ["äpfel", [5]],
    ["Äp*", []],
    ["CONNECT", [4]],
    ["庫 is", [6]],
    ["\\", []],
  ])("are found with --contains %s", async (text, lines) => {
    expect(await linesOf("--contains", text)).toEqual(lines);
  });

  test("are found within --step and up to --limit", async () => {
    expect(await linesOf("--contains", "無法", "--step", "2")).toEqual([1]);
    expect(await linesOf("--contains", "a", "--limit", "1")).toEqual([4]);
  });

  test("--contains wants a text, and neither --query nor --literal", async () => {
    for (const flags of [
      ["--contains", ""],
      ["--contains", "a", "--query", "b"],
      ["--contains", "a", "--literal"],
    ]) {
      const { stdout, stderr, code } = await mixed.verb("search", flags);
      expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
      expect(stderr).toStartWith("Error: --contains ");
    }
  });
});
