import { expect, test } from "bun:test";
import path from "node:path";
import { openForWriting } from "../../src/store/open.ts";
import { tempDir } from "../support/program.ts";

test("a rehearsal changes nothing, answers nothing and throws nothing, and what follows is in earnest", () => {
  const store = openForWriting(path.join(tempDir(), "x.db"), { create: true });
  store.run("CREATE TABLE t(n)");
  const insert = () => store.run("INSERT INTO t VALUES (?)", 1);
  const count = () => store.get("SELECT count(*) AS n FROM t");
  const answers: unknown[] = [];
  store.rehearse(() => {
    answers.push(insert(), count(), store.all("SELECT * FROM t"));
    store.run("INSERT INTO nowhere VALUES (1)");
  }, {});
  store.rehearse(() => answers.push(count()), null);
  expect(answers).toEqual([{ changes: 0, lastInsertRowid: 0 }, {}, [], null]);
  expect(count()).toEqual({ n: 0 });
  expect(insert()).toEqual({ changes: 1, lastInsertRowid: 1 });
  expect(count()).toEqual({ n: 1 });
  store.close();
});
