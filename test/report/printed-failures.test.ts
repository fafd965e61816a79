import { describe, expect, test } from "bun:test";
import { isLibraryFile, printedFailures } from "../../src/report/why/printed/printed-failures.ts";

/** `file:line(function)`, innermost first, of what is not a library's, with the message. */
function said(output: string): string | null {
  const [first] = printedFailures(output.split("\n"));
  if (!first) return null;
  const own = first.frames.filter(({ file }) => !isLibraryFile(file));
  const places = own.map(({ file, line, function: name }) => `${file}:${line}${name ? `(${name})` : ""}`);
  return `${places.join(" < ")} | ${first.message}`;
}

describe("the place and the message that a program prints are found, as it prints them", () => {
  test.each([
    ["C's assert", "x: src/as.c:3: main: Assertion `1==2' failed.", "src/as.c:3 | Assertion `1==2' failed"],
    ["bash", "a.sh: line 4: foo_bar: command not found", "a.sh:4 | foo_bar: command not found"],
    [
      "bash behind its own name",
      "/bin/bash: ./a b.sh: line 12: x: unbound variable",
      "./a b.sh:12 | x: unbound variable",
    ],
    [
      "dash",
      "./dash.sh: 3: cannot create /no/x: Directory nonexistent",
      "./dash.sh:3 | cannot create /no/x: Directory nonexistent",
    ],
    ["dash as sh", "sh: 1: foo: not found", "sh:1 | foo: not found"],
    [
      "busybox",
      "a.sh: line 3: can't create /no/x: nonexistent directory",
      "a.sh:3 | can't create /no/x: nonexistent directory",
    ],
    ["zsh", "a.zsh:4: command not found: foo_bar", "a.zsh:4 | command not found: foo_bar"],
    ["ksh", "a.ksh[3]: foo: not found", "a.ksh:3 | foo: not found"],
    ["gcc", "src/a.c:5:10: error: 'bar' undeclared (first use)", "src/a.c:5 | 'bar' undeclared (first use)"],
    ["gcc's fatal error", "a.c:1:10: fatal error: y.h: No such file", "a.c:1 | y.h: No such file"],
    ["tsc", "src/a.ts(3,7): error TS2322: no", "src/a.ts:3 | no"],
    ["go build", "./x.go:3:5: undefined: y", "./x.go:3 | undefined: y"],
    ["psql", "psql:db/s.sql:3: ERROR:  no table", "db/s.sql:3 | no table"],
    ["lua", "lua: x.lua:3: attempt to call nil", "x.lua:3 | attempt to call nil"],
    ["perl", "no order at p.pl line 2.", "p.pl:2 | no order"],
    ["perl that was reading", "bad at p.pl line 2, <STDIN> line 5.", "p.pl:2 | bad"],
    ["php", "PHP Fatal error:  Uncaught Exception: no in /app/x.php:3", "/app/x.php:3 | Uncaught Exception: no"],
    ["make, where nothing else is said", "make: *** [Makefile:3: sub] Error 1", "Makefile:3 | sub: Error 1"],
    ["a broken makefile", "Makefile:3: *** missing separator.  Stop.", "Makefile:3 | missing separator.  Stop."],
  ])("%s", (_, output, wanted) => expect(said(output)).toBe(wanted));
});

describe("a stack is read innermost first", () => {
  test("Python: the exception follows its frames", () => {
    const output = `Traceback (most recent call last):
  File "/app/t.py", line 6, in <module>
    main()
  File "/app/t.py", line 4, in main
    json.loads("{bad")
  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads
    return _default_decoder.decode(s)
           ^^^^^^^^^^
json.decoder.JSONDecodeError: Expecting property name`;
    expect(said(output)).toBe(
      "/app/t.py:4(main) < /app/t.py:6(<module>) | json.decoder.JSONDecodeError: Expecting property name",
    );
  });

  test("Python: of chained exceptions the last one, which ended the program", () => {
    const one = (line: number, error: string) =>
      `Traceback (most recent call last):\n  File "/app/t.py", line ${line}, in f\n    x\n${error}`;
    const output = `${one(1, "KeyError: 'a'")}\n\nDuring handling of the above exception, another exception occurred:\n\n${one(9, "ValueError: b")}\n`;
    expect(said(output)).toBe("/app/t.py:9(f) | ValueError: b");
  });

  test("Node: frames inside Node are no place of a person's", () => {
    const output = `node:fs:448
    return binding.readFileUtf8(path);
                   ^

Error: ENOENT: no such file or directory, open 'missing.json'
    at Object.readFileSync (node:fs:448:20)
    at load (/app/t.js:2:40)
    at Object.<anonymous> (file:///app/m.mjs:3:1)
    at node:internal/main/run_main_module:28:49 {
  errno: -2,
}`;
    expect(said(output)).toBe(
      "/app/t.js:2(load) < /app/m.mjs:3(Object.<anonymous>) | Error: ENOENT: no such file or directory, open 'missing.json'",
    );
  });

  test("Ruby, Perl's Carp, Go and Rust", () => {
    expect(
      said(
        "/usr/lib/ruby/3.1.0/json/common.rb:216:in `parse': bad token (JSON::ParserError)\n\tfrom r.rb:2:in `f'\n\tfrom r.rb:3:in `<main>'",
      ),
    ).toBe("r.rb:2(f) < r.rb:3(<main>) | bad token (JSON::ParserError)");
    expect(said("deep at c.pl line 7.\n\tmain::g() called at c.pl line 9")).toBe("c.pl:7 < c.pl:9(main::g) | deep");
    expect(
      said(
        "panic: boom\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/app/x.go:4\nmain.main()\n\t/app/x.go:8 +0x1d\nexit status 2",
      ),
    ).toBe("/app/x.go:4(main.f) < /app/x.go:8(main.main) | boom");
    expect(said("thread 'main' panicked at src/lib.rs:9:9:\nindex out of bounds")).toBe(
      "src/lib.rs:9 | index out of bounds",
    );
  });
});

describe("of a test runner's report it is the first test that failed", () => {
  test("bats: the line in the test and the helper's", () => {
    const output =
      "1..3\nok 1 fine\nnot ok 2 helper fails\n# (from function `helper' in file add.bats, line 1,\n#  in test file add.bats, line 7)\n#   `helper 1 2' failed\nnot ok 3 other\n# (in test file add.bats, line 9)\n#   `false' failed";
    expect(said(output)).toBe("add.bats:1(helper) < add.bats:7 | helper fails: `helper 1 2' failed");
    expect(
      said(" ✓ fine\n ✗ addition\n   (in test file add.bats, line 4)\n     `[ 4 = 5 ]' failed\n\n2 tests, 1 failure"),
    ).toBe("add.bats:4 | addition: `[ 4 = 5 ]' failed");
  });

  test("Test::More, with its test points and without", () => {
    const diagnostics = "#   Failed test 'total'\n#   at t.t line 3.\n#          got: '45'\n#     expected: '42'\n";
    expect(said(`${diagnostics}t.t ..\nok 1 - fine\nnot ok 2 - total\n`)).toBe(
      "t.t:3 | total: got '45', expected '42'",
    );
    expect(said(`${diagnostics}t.t .. Failed 1/2 subtests\nResult: FAIL`)).toBe(
      "t.t:3 | total: got '45', expected '42'",
    );
  });

  test("node:test, go test, pytest and unittest", () => {
    expect(
      said(
        "not ok 1 - sum\n  ---\n  location: '/app/n.test.js:2:1'\n  error: |-\n    Expected values to be strictly equal:\n  stack: |-\n    TestContext.<anonymous> (/app/n.test.js:7:26)\n  ...",
      ),
    ).toBe("/app/n.test.js:7(TestContext.<anonymous>) | sum: Expected values to be strictly equal:");
    expect(said("--- FAIL: TestTotal (0.00s)\n    total_test.go:8: got 45, want 42\nFAIL")).toBe(
      "total_test.go:8 | TestTotal: got 45, want 42",
    );
    expect(
      said("    def test_a():\n>       assert 45 == 42\nE       assert 45 == 42\n\nt_a.py:8: AssertionError"),
    ).toBe("t_a.py:8 | assert 45 == 42");
    expect(
      said(
        'FAIL: test_a (__main__.T.test_a)\n------\nTraceback (most recent call last):\n  File "/app/ut.py", line 3, in test_a\n    x\nAssertionError: 45 != 42',
      ),
    ).toBe("/app/ut.py:3(test_a) | AssertionError: 45 != 42");
  });

  test("a point that is skipped or to be done is no failure", () => {
    expect(said("not ok 1 - later # TODO not written\nnot ok 2 # skip no docker\nok 3")).toBeNull();
  });
});

test("a compiler's first error comes before those that follow from it, and before make's", () => {
  const output = "a.c:5:1: error: first\na.c:9:1: error: second\nmake: *** [Makefile:2: a.o] Error 1";
  expect(said(output)).toBe("a.c:5 | first");
});

test("what a shell complains of after that ended the script", () => {
  expect(said("a.c:5:1: error: first\nb.sh: 3: deploy: not found")).toBe("b.sh:3 | deploy: not found");
  expect(said("a.sh: line 1: x\nb.sh: line 2: y\nbye")).toBe("b.sh:2 | y");
});

test("ordinary lines, times, addresses and warnings name no place", () => {
  for (const line of [
    "error: total is 42",
    "10:00:01 failed",
    "connect 127.0.0.1:5432 refused",
    "",
    "a.c:3:1: warning: unused",
    "1/4 done at noon",
  ])
    expect(said(line)).toBeNull();
});

test("a log of a million characters in one line, or of 20,000 near misses, takes no time", () => {
  const started = performance.now();
  for (const text of [
    "at ".repeat(400_000),
    "a:".repeat(500_000),
    Array(20_000).fill("x at y line z").join("\n"),
    Array(20_000).fill("not ok 1").join("\n"),
  ])
    said(text);
  expect(performance.now() - started).toBeLessThan(4000);
});

test("files of the user that are named like a runtime are no library's", () => {
  for (const file of ["node_check.py", "internal/orders/orders_test.go", "native/x.c"]) {
    expect({ file, isLibrary: isLibraryFile(file) }).toEqual({ file, isLibrary: false });
  }
  for (const file of ["node:fs", "internal/modules/cjs/loader.js", "node_modules/x/y.js", "<frozen os>"]) {
    expect({ file, isLibrary: isLibraryFile(file) }).toEqual({ file, isLibrary: true });
  }
});
