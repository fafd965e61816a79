import { describe, expect, test } from "bun:test";
import { errorLine } from "../../src/report/why/error-line.ts";

/** What a tool prints when it fails; the line that a person would point at begins with `>> `. */
const LOGS: Record<string, string> = {
  gcc: `gcc -c -o main.o main.c
main.c: In function 'main':
main.c:4:3: warning: implicit declaration of function 'foo' [-Wimplicit-function-declaration]
>> main.c:5:10: error: 'bar' undeclared (first use in this function)
    5 |   return bar;
main.c:5:10: note: each undeclared identifier is reported only once
make: *** [Makefile:3: main.o] Error 1`,
  "gcc, a missing header": `>> src/app.c:1:10: fatal error: missing.h: No such file or directory
    1 | #include "missing.h"
compilation terminated.`,
  linker: `/usr/bin/ld: main.o: in function \`main':
>> main.c:(.text+0xa): undefined reference to \`foo'
collect2: error: ld returned 1 exit status`,
  "make, no rule": `>> make: *** No rule to make target 'build/app', needed by 'all'.  Stop.`,
  "make, missing separator": `>> Makefile:7: *** missing separator.  Stop.`,
  clang: `>> src/x.cpp:10:5: error: use of undeclared identifier 'y'
    y = 3;
    ^
1 error generated.`,
  "npm, no script": `>> npm error Missing script: "biuld"
npm error
npm error Did you mean this?
npm error A complete log of this run can be found in: /root/.npm/_logs/x.log`,
  "npm, not found": `>> npm ERR! code E404
npm ERR! 404 Not Found - GET https://registry.example/nosuch - Not found
npm ERR! A complete log of this run can be found in:`,
  "npm around a test": `
> app@1.0.0 test
> node test.js

node:internal/modules/cjs/loader:1080
  throw err;
  ^

>> Error: Cannot find module './nosuch'
Require stack:
- /app/test.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15)
npm ERR! code ELIFECYCLE
npm ERR! errno 1`,
  tsc: `>> src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.
src/b.ts(9,1): error TS2304: Cannot find name 'x'.`,
  eslint: `
/app/src/a.js
>>   3:10  error  'x' is assigned a value but never used  no-unused-vars

✖ 1 problem (1 error, 0 warnings)`,
  jest: `FAIL src/sum.test.js
  ✓ is fine (2 ms)
>>   ✕ adds 1 + 2 (5 ms)

  ● adds 1 + 2

    expect(received).toBe(expected) // Object.is equality

Tests:       1 failed, 1 passed, 2 total`,
  pytest: `============================= test session starts ==============================
collected 2 items

test_x.py .F                                                             [100%]

=================================== FAILURES ===================================
____________________________________ test_b ____________________________________

    def test_b():
>       assert total() == 45
>> E       assert 42 == 45
E        +  where 42 = total()

test_x.py:8: AssertionError
=========================== short test summary info ============================
FAILED test_x.py::test_b - assert 42 == 45
========================= 1 failed, 1 passed in 0.03s ==========================`,
  "python traceback": `Traceback (most recent call last):
  File "/app/x.py", line 3, in <module>
    main()
  File "/app/x.py", line 2, in main
    raise ValueError("no total")
>> ValueError: no total`,
  "python import": `Traceback (most recent call last):
  File "x.py", line 1, in <module>
    import nosuch
>> ModuleNotFoundError: No module named 'nosuch'`,
  "go test": `=== RUN   TestTotal
--- FAIL: TestTotal (0.00s)
>>     total_test.go:8: got 42, want 45
FAIL
FAIL	example.com/total	0.002s
FAIL`,
  "go build": `# example.com/app
>> ./main.go:6:2: undefined: foo`,
  "go panic": `starting
>> panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
	/app/main.go:6 +0x1d
exit status 2`,
  cargo: `   Compiling app v0.1.0 (/app)
warning: unused variable: \`y\`
>> error[E0308]: mismatched types
 --> src/main.rs:3:18
error: aborting due to previous error
error: could not compile \`app\``,
  "cargo test": `running 2 tests
test tests::ok ... ok
test tests::total ... FAILED

failures:

---- tests::total stdout ----
>> thread 'tests::total' panicked at src/lib.rs:9:9:
assertion \`left == right\` failed
  left: 42
 right: 45
test result: FAILED. 1 passed; 1 failed; 0 ignored`,
  "docker build": `#5 [2/3] RUN make
>> #5 0.312 make: *** No targets specified and no makefile found.  Stop.
#5 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2`,
  "docker daemon": `Unable to find image 'nosuch:latest' locally
>> docker: Error response from daemon: pull access denied for nosuch, repository does not exist.
See 'docker run --help'.`,
  curl: `  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0
>> curl: (7) Failed to connect to localhost port 8080 after 0 ms: Couldn't connect to server`,
  "curl, http": `>> curl: (22) The requested URL returned error: 500`,
  "git push": `To https://git.example/app.git
 ! [rejected]        main -> main (fetch first)
>> error: failed to push some refs to 'https://git.example/app.git'
hint: Updates were rejected because the remote contains work that you do not have locally.`,
  "git clone": `Cloning into 'x'...
>> fatal: repository 'https://git.example/x.git/' not found`,
  "git merge": `Auto-merging a.txt
>> CONFLICT (content): Merge conflict in a.txt
Automatic merge failed; fix conflicts and then commit the result.`,
  psql: `CREATE TABLE
>> psql:schema.sql:3: ERROR:  relation "users" already exists`,
  "psql, no server": `>> psql: error: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused
	Is the server running on that host and accepting TCP/IP connections?`,
  java: `INFO starting
>> Exception in thread "main" java.lang.IllegalStateException: no total
	at com.example.App.run(App.java:12)
	at com.example.App.main(App.java:5)
Caused by: java.io.IOException: closed
	... 2 more`,
  maven: `[INFO] BUILD FAILURE
[INFO] ------------------------------------------------------------------------
>> [ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile: Compilation failure
[ERROR] -> [Help 1]`,
  "bash, not found": `starting
>> scripts/02.sh: line 7: nosuchcmd: command not found`,
  "bash, unbound": `>> ./run.sh: line 3: NAME: unbound variable`,
  "sh, syntax": `>> x.sh: 4: Syntax error: "fi" unexpected`,
  "cp, cat": `copying
>> cp: cannot stat 'dist/app': No such file or directory`,
  "rm, permission": `>> rm: cannot remove '/etc/x': Permission denied`,
  "disk full": `>> tar: archive.tar: Wrote only 4096 of 10240 bytes: No space left on device`,
  segfault: `running ./app
>> ./run.sh: line 2:  4242 Segmentation fault      (core dumped) ./app`,
  "node, port": `>> Error: listen EADDRINUSE: address already in use :::3000
    at Server.setupListenHandle [as _listen2] (node:net:1463:16)`,
  "tap output": `TAP version 13
ok 1 - no errors when empty
>> not ok 2 - total is right
  ---
  message: 'should be equal'`,
  terraform: `╷
│ Warning: Deprecated attribute
╵
╷
>> │ Error: Reference to undeclared resource
│
│   on main.tf line 3`,
  "structured log": `{"level":"info","msg":"started"}
>> {"level":"error","msg":"no connection to database"}
{"level":"info","msg":"stopped"}`,
  "times in front": `2024-05-01T10:00:00Z INFO no errors found in config
>> 2024-05-01T10:00:01Z ERROR could not bind port 80
2024-05-01T10:00:02Z INFO bye`,
  "a shell's own trace": `+ grep -q error: app.log
+ echo 'fatal: not this'
>> wget: unable to resolve host address 'x.example'`,
  "counts of nothing": `0 errors, 0 warnings
Tests: 12 passed, 0 failed
>> Error: coverage 71% is below 80%`,
  "names of files": `writing error.log
reading src/errors.go
ok  	error handling test
>> AssertionError: expected 3 to equal 4`,
  rspec: `Failures:

  1) Order totals its lines
>>      Failure/Error: expect(order.total).to eq(45)

       expected: 45
            got: 42

2 examples, 1 failure`,
  ansible: `ok: [web1]
>> fatal: [web2]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh"}`,
  kubectl: `>> Error from server (NotFound): deployments.apps "web" not found`,
  "only a hint": `step one
>> something failed here
step two`,
};

describe("the error line of a log is the one that a person would point at:", () => {
  test.each(Object.keys(LOGS))("%s", (name) => {
    const marked = LOGS[name]!.split("\n");
    const wanted = marked.findIndex((line) => line.startsWith(">> "));
    expect(wanted).toBeGreaterThanOrEqual(0);
    const lines = marked.map((line) => line.replace(/^>> /, ""));
    expect(errorLine(lines)).toMatchObject({ index: wanted, text: lines[wanted]! });
  });
});

describe("no line is an error line", () => {
  test.each([
    ["in an empty log", ""],
    [
      "where all went well",
      "ok 1 - handles errors\nPASS src/error.test.js\n✓ fails when empty (3 ms)\n0 failed\nno errors",
    ],
    ["among warnings", "warning: unused variable\nnpm warn deprecated x@1: this fails\nWARN  could not read cache"],
    ["in a trace", "+ test -f error\n++ echo fatal"],
    ["in ordinary output", "compiling\nlinking\nterror and mirrors\nimported 3 orders"],
  ])("%s", (_, log) => {
    expect(errorLine(log.split("\n"))).toBeNull();
  });
});

test("long lines and many of them are looked through in no time", () => {
  const hostile = [
    "error ".repeat(20_000),
    `${"a:".repeat(50_000)} x`,
    `${"A".repeat(100_000)}Error`,
    `error${" ".repeat(100_000)}`,
  ];
  const lines = Array.from({ length: 2000 }, (_, i) => hostile[i % hostile.length]!);
  const before = process.cpuUsage();
  errorLine(lines);
  // Not a speed, but the difference between linear and exponential, on a busy machine as well.
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
});
