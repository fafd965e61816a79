import { describe, expect, test } from "bun:test";
import { Redactor } from "../../src/model/redact/redactor.ts";
import { RedactingStream } from "../../src/model/redact/stream.ts";
import { secretLines } from "../fixtures/secrets/secret-lines.ts";
import { randomOf } from "../support/random.ts";

const SECRET = "s3cr3t-of-mine";
const redactor = () => new Redactor({ patterns: [], environment: { DEPLOY_TOKEN: SECRET } });

/** All that comes out, with the longest that was held back. */
function through(bytes: Buffer, pieces: () => number, by = redactor()): { out: Buffer; mostHeld: number } {
  const stream = new RedactingStream(by);
  const out: Uint8Array[] = [];
  let mostHeld = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = pieces();
    out.push(Buffer.from(stream.push(bytes.subarray(at, at + size))));
    mostHeld = Math.max(mostHeld, stream.heldBytes);
    at += size;
  }
  out.push(stream.finish());
  return { out: Buffer.concat(out), mostHeld };
}

describe("a stream without its secrets", () => {
  test("is the same in whatever pieces it comes", () => {
    const random = randomOf(3);
    const text = secretLines(5)
      .map(({ text: line }) => line)
      .join("\nö\n");
    const whole = redactor().text(text);
    for (let round = 0; round < 5; round++) {
      const { out } = through(Buffer.from(text), () => 1 + Math.floor(random() * 300));
      expect(out.toString()).toBe(whole);
    }
  });

  test("has none at any place of a line of megabytes, and is else the same to the byte", () => {
    const random = randomOf(4);
    const token = `gh${"p"}_${"A1b2".repeat(9)}`;
    for (const secret of [SECRET, token, `\x1b[32m${token.slice(0, 9)}\x1b[1m${token.slice(9)}`]) {
      const expected: string[] = [];
      const given: string[] = [];
      for (let i = 0; i < 60; i++) {
        const filler = `${"é lorem ipsum. ".repeat(Math.floor(random() * 6000))} `;
        given.push(filler, secret, " ");
        expected.push(filler, secret.startsWith("\x1b") ? "\x1b[32m[redacted]" : "[redacted]", " ");
      }
      const { out, mostHeld } = through(Buffer.from(given.join("")), () => 65_536);
      expect(out.equals(Buffer.from(expected.join("")))).toBe(true);
      expect(mostHeld).toBeLessThan(256 << 10);
    }
  });

  test("has none where a border lies anywhere in it", () => {
    const token = `gl${"pat"}-${"aB3".repeat(7)}`;
    const line = `password="two words ${SECRET}x" and ${token}, end`;
    for (let before = 0; before < 70; before++) {
      const bytes = Buffer.from(
        `${"z ".repeat((131_072 - 32_768 + 40) / 2 - before)}${line}${" tail".repeat(30_000)}\nnext`,
      );
      const { out } = through(bytes, () => 40_000);
      expect(out.includes("aB3aB3")).toBe(false);
      expect(out.includes("two words")).toBe(false);
      expect(
        out
          .toString()
          .replace(/^[z ]*/, "")
          .slice(0, 52),
      ).toBe('password="[redacted]" and [redacted], end tail tail ');
    }
  });

  test("keeps bytes that are not UTF-8", () => {
    const bytes = Buffer.from(`\xff\xfe token=abcdef1 \xff\n\x80\x80${"\xff ".repeat(200_000)}${SECRET}\n`, "latin1");
    const { out } = through(bytes, () => 1000);
    expect(out.toString("latin1")).toBe(
      `\xff\xfe token=[redacted] \xff\n\x80\x80${"\xff ".repeat(200_000)}[redacted]\n`,
    );
  });

  test("takes time in proportion to what is made to be slow", () => {
    const pieces = [
      "password=",
      "token: ",
      "-----BEGIN RSA PRIVATE KEY-----",
      "://a:",
      "eyJ",
      "ghp_",
      "curl -u ",
      "mysql ",
      "cookie: a=",
      "\x1b[",
      "\x1b]",
      "\\",
      '\\\\"',
      "%25",
      "&amp;",
      '"',
      "'",
      "=",
      "a=b;",
      "adafruit ",
      "vault s.",
      "AccountKey=",
      "login me password ",
      "::add-mask::",
      "key ",
      'secret"',
    ];
    for (const piece of pieces) {
      const cpuMs = (length: number) => {
        const bytes = Buffer.from(piece.repeat(Math.ceil(length / piece.length)));
        const before = process.cpuUsage();
        through(bytes, () => 65_536);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      const short = cpuMs(25_000);
      const long = cpuMs(200_000);
      // Eight times as much: what grows with the square of the length takes 64 times as long.
      expect({ piece, short, long, linear: long < 32 * short + 200 }).toEqual({ piece, short, long, linear: true });
    }
  }, 300_000);
});
