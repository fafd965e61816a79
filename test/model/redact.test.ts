import { describe, expect, test } from "bun:test";
import { KeyState, Redactor } from "../../src/model/redact/redactor.ts";
import { randomOf } from "../support/random.ts";

const redactor = (patterns: string[] = [], environment: Record<string, string> = {}) =>
  new Redactor({ patterns, environment });

describe("what is a secret by its look is taken out:", () => {
  test.each([
    ["Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"],
    ["curl -H 'authorization: bearer abc.def-1' u", "curl -H 'authorization: bearer [redacted]' u"],
    ['{"Authorization": "Bearer abcdef"}', '{"Authorization": "Bearer [redacted]"}'],
    ["sent Bearer abc123def456", "sent Bearer [redacted]"],
    ["postgres://me:p%40ss@db:5432/x", "postgres://me:[redacted]@db:5432/x"],
    ["https://:pw@host", "https://:[redacted]@host"],
    ["export DB_PASSWORD='hunter22'", "export DB_PASSWORD='[redacted]'"],
    ["?access_token=abc123&page=2", "?access_token=[redacted]&page=2"],
    ["client_secret: 'a1b2c3d4e5'", "client_secret: '[redacted]'"],
    ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG1", "aws_secret_access_key = [redacted]"],
    ["mysql --password s3cret --user me", "mysql --password [redacted] --user me"],
    ["key AKIAIOSFODNN7EXAMPLE used", "key [redacted] used"],
    ["ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted]"],
    ["github_pat_11ABCDEFG0abcdefghijkl_xyz", "[redacted]"],
    ["glpat-abcdefghij0123456789", "[redacted]"],
    ["xoxb-123456789012-abcdef", "[redacted]"],
    ["https://hooks.slack.com/services/T000/B000/XXXXXXXX", "https://hooks.slack.com/services/[redacted]"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "[redacted]"],
    ["sk-proj-abcdefghijklmnopqrstuvwx", "[redacted]"],
    [
      "a\n-----BEGIN EC PRIVATE KEY-----\nMHc\nabc=\n-----END EC PRIVATE KEY-----\nb",
      "a\n[redacted]\n[redacted]\n[redacted]\n[redacted]\nb",
    ],
  ])("%j", (text, expected) => {
    expect(redactor().text(text)).toBe(expected);
    expect(redactor(["none"]).text(text)).toBe(text);
  });
});

test.each([
  "unexpected token: end of file",
  "SyntaxError: Unexpected token '<'",
  "max_tokens=512 tokenizer=fast",
  "password: incorrect",
  "PASSWORD=$PASSWORD",
  "password=",
  "Bearer authentication is required",
  "see http://user@host:8080/a:b@c",
  "a key of 12 characters: primary_key: id",
  "skip-this-one and task-force-delta-echo",
  "-----BEGIN CERTIFICATE-----",
])("what is none is left as it is: %j", (text) => {
  expect(redactor().text(text)).toBe(text);
});

test("the values of variables named like secrets are taken out, from 6 characters on", () => {
  const environment = {
    GITHUB_TOKEN: "value-of-token",
    MY_API_KEY: "value-of",
    DB_PASSWD: "short",
    STRIPE_SECRET_ID: "first line\nsecond line",
    HARMLESS: "harmless",
  };
  expect(redactor([], environment).text("x value-of-token y value-of short harmless second line")).toBe(
    "x [redacted] y [redacted] short harmless [redacted]",
  );
});

test("a flag named like a secret says that the next word is one, and so does a tag's key", () => {
  const r = redactor();
  expect(r.args(["--api-key", "abc", "-v", "--token=abcd", "--secret", "--other", "token", "abc"])).toEqual([
    "--api-key",
    "[redacted]",
    "-v",
    "--token=[redacted]",
    "--secret",
    "--other",
    "token",
    "abc",
  ]);
  expect([r.tag("db.password", "x"), r.tag("token_count", "5"), r.tag("token", "")]).toEqual(["[redacted]", "5", ""]);
});

test("a pattern of the user's holds for each line, and one that matches nothing changes nothing", () => {
  expect(redactor(["^id \\d+$"]).text("id 12\nan id 12\nid 3")).toBe("[redacted]\nan id 12\n[redacted]");
  expect(redactor(["x*", "^"]).text("axxb\nc")).toBe("a[redacted]b\nc");
});

test("a key goes on from one piece of a log to the next", () => {
  const state = new KeyState();
  const pieces = [["a", "-----BEGIN PRIVATE KEY-----", "MIIE"], ["abc"], ["-----END PRIVATE KEY-----", "b"]];
  for (const lines of pieces) redactor().lines(lines, state);
  expect(pieces).toEqual([["a", "[redacted]", "[redacted]"], ["[redacted]"], ["[redacted]", "b"]]);
});

test("whatever it is given, it throws nothing, keeps the lines, finds no more in its own answer, and comes to an end", () => {
  const random = randomOf(7);
  const pieces = [
    ..."token secret password= : = \" ' -- - -- api-key bearer Authorization: :// @ eyJ . ghp_ sk- AKIA xoxb- \n \r\n \t".split(
      " ",
    ),
    ...[
      "-----BEGIN RSA PRIVATE KEY-----",
      "-----END RSA PRIVATE KEY-----",
      "a".repeat(200),
      "1",
      " ",
      "\ud800",
      "é",
      "[redacted]",
    ],
  ];
  const r = redactor(["b+c"], { A_TOKEN: "(a|b)*", B_SECRET: "[redacted]x" });
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: 1 + random() * 30 }, () => pieces[Math.floor(random() * pieces.length)]).join("");
    const once = r.text(text);
    expect(once.split("\n")).toHaveLength(text.split("\n").length);
    expect(once.includes("(a|b)*")).toBe(false);
  }
  for (const piece of pieces) {
    if (piece !== "") expect(r.text(piece.repeat(Math.ceil(100_000 / piece.length))).length).toBeGreaterThan(0);
  }
});
