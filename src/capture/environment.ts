import fs from "node:fs";

/**
 * The environment we were started with, entry by entry and byte for byte, with `set` added or replaced: the kernel's
 * own copy, because `process.env` mangles values that are not UTF-8 and loses entries without a name.
 */
export function environmentWith(set: Readonly<Record<string, string>>): Buffer[] {
  const added = Object.entries(set).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  const names = Object.keys(set).map((name) => Buffer.from(`${name}=`));
  const kept = entries(fs.readFileSync("/proc/self/environ")).filter(
    (entry) => !names.some((name) => entry.subarray(0, name.length).equals(name)),
  );
  return [...kept, ...added];
}

/** Each with its final NUL. */
function entries(block: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  while (start < block.length) {
    const nul = block.indexOf(0, start);
    const end = nul < 0 ? block.length : nul;
    found.push(Buffer.concat([block.subarray(start, end), Buffer.of(0)]));
    start = end + 1;
  }
  return found;
}
