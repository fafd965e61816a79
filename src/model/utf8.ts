/** The nearest place at or before `at` that does not cut a UTF-8 character in two; `at` itself if the bytes are not UTF-8. */
export function characterEnd(bytes: Buffer, at: number): number {
  for (let back = 0; back <= 3 && at - back >= 0; back++) if (!isInside(bytes[at - back]!)) return at - back;
  return at;
}

/** The nearest place at or after `at` that does not cut a UTF-8 character in two; `at` itself if the bytes are not UTF-8. */
export function characterStart(bytes: Buffer, at: number): number {
  if (at === 0) return 0;
  for (let ahead = 0; ahead <= 3; ahead++) if (!isInside(bytes[at + ahead]!)) return at + ahead;
  return at;
}

/** Whether a byte continues a character. */
function isInside(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
