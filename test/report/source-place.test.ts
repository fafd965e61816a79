import { expect, test } from "bun:test";
import { placesNear, shellPlaces } from "../../src/report/why/source-place.ts";

const first = (log: string, index = 0) => placesNear(log.split("\n"), index)[0];

test.each([
  ["bash", "scripts/02-check.sh: line 7: x: command not found", "scripts/02-check.sh", 7],
  ["bash by its path", "/usr/bin/bash: ./a b.sh: line 12: x: unbound variable", "./a b.sh", 12],
  ["gcc", "src/main.c:5:10: error: 'bar' undeclared", "src/main.c", 5],
  ["tsc", "src/a.ts(3,7): error TS2322: no", "src/a.ts", 3],
  ["go test", "    total_test.go:8: got 42, want 45", "total_test.go", 8],
  ["a panic of Rust's", "thread 'main' panicked at src/lib.rs:9:9:", "src/lib.rs", 9],
  ["psql", "psql:db/schema.sql:3: ERROR:  no", "db/schema.sql", 3],
])("the place that %s names is found", (_, line, file, num) => {
  expect(placesNear([line], 0)).toContainEqual({ file, line: num });
});

test("of a Python traceback it is the innermost frame, of a JavaScript stack the first below the error", () => {
  const python = `Traceback (most recent call last):\n  File "/app/x.py", line 9, in <module>\n    f()\n  File "/app/y.py", line 2, in f\n    raise E\nValueError: x`;
  expect(first(python, 5)).toEqual({ file: "/app/y.py", line: 2 });
  const node = `Error: no\n    at f (/app/x.js:3:9)\n    at file:///app/y.mjs:1:1`;
  expect(placesNear(node.split("\n"), 0)).toEqual([
    { file: "/app/x.js", line: 3 },
    { file: "/app/y.mjs", line: 1 },
    { file: "/app/x.js", line: 3 },
  ]);
});

test("a line without a place has none, and times and addresses are none", () => {
  for (const line of ["error: total is 42", "10:00:01 failed", "connect 127.0.0.1:5432 refused", ""]) {
    expect(placesNear([line], 0)).toEqual([]);
  }
});

test("what the shell complained of last comes first", () => {
  expect(shellPlaces(["a.sh: line 1: x", "b.sh: line 2: y", "bye"])).toEqual([
    { file: "b.sh", line: 2 },
    { file: "a.sh", line: 1 },
  ]);
});
