import fs from "node:fs";

const EQUALS = 0x3d;

/**
 * The environment we were started with, entry by entry and byte for byte, with `set` added or replaced: the kernel's
 * own copy, because `process.env` mangles values that are not UTF-8 and loses entries without a name.
 */
export function environmentWith(set: Readonly<Record<string, string>>): Buffer[] {
  const added = Object.entries(set).map(([name, value]) => Buffer.from(`${name}=${value}\0`));
  const kept = entries(own()).filter(
    (entry) => !Object.hasOwn(set, entry.toString("latin1", 0, Math.max(0, entry.indexOf(EQUALS)))),
  );
  return [...kept, ...added];
}

function own(): Buffer {
  try {
    return fs.readFileSync("/proc/self/environ");
  } catch {
    // No descriptor is free, or there is no /proc: all but perfect is good enough to run the step.
    return Buffer.from(
      Object.entries(process.env)
        .map(([name, value]) => `${name}=${value}\0`)
        .join(""),
    );
  }
}

/** Each with its final NUL, as views of the block: one allocation for all. */
function entries(block: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  while (start < block.length) {
    const nul = block.indexOf(0, start);
    if (nul < 0) return [...found, Buffer.concat([block.subarray(start), Buffer.of(0)])];
    found.push(block.subarray(start, nul + 1));
    start = nul + 1;
  }
  return found;
}
