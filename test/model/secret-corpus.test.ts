import { expect, test } from "bun:test";
import { Redactor } from "../../src/model/redact/redactor.ts";
import { plainOf } from "../../src/model/redact/view.ts";
import { harmlessLines } from "../fixtures/secrets/harmless-lines.ts";
import { secretLines } from "../fixtures/secrets/secret-lines.ts";

const redactor = new Redactor({ patterns: [], environment: {} });

test("of the secrets in the corpus at most 5 % are missed", () => {
  const corpus = [11, 12, 13].flatMap((seed) => secretLines(seed));
  expect(corpus.length / 3).toBeGreaterThanOrEqual(150);
  const missed = corpus.filter(({ text, secrets }) => {
    const redacted = redactor.text(text);
    return secrets.some((secret) => redacted.includes(secret) || plainOf(redacted).includes(secret));
  });
  report(
    "missed",
    missed.map(({ text }) => `${JSON.stringify(text)} -> ${JSON.stringify(redactor.text(text))}`),
  );
  expect(missed.length).toBeLessThanOrEqual(corpus.length * 0.05);
});

test("of the harmless lines in the corpus at most 1 % are changed", () => {
  const corpus = [21, 22, 23].flatMap((seed) => harmlessLines(seed));
  expect(corpus.length / 3).toBeGreaterThanOrEqual(150);
  const changed = corpus.filter((text) => redactor.text(text) !== text);
  report(
    "changed",
    changed.map(
      (text) => `${JSON.stringify(text.slice(0, 300))} -> ${JSON.stringify(redactor.text(text).slice(0, 300))}`,
    ),
  );
  expect(changed.length).toBeLessThanOrEqual(corpus.length * 0.01);
});

/** The budget is not a licence: what is over is seen. */
function report(what: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log(`${lines.length} ${what}:\n${[...new Set(lines)].join("\n")}`);
}
