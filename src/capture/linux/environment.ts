import fs from "node:fs";

/**
 * The environment we were started with, byte for byte, with `set` added or replaced: NUL-terminated entries, one behind
 * the other. From the kernel's own copy, because `process.env` mangles values that are not UTF-8 and loses entries
 * without a name.
 */
export function environmentWith(set: Readonly<Record<string, string>>): Buffer {
  let kept = own();
  let added = "";
  for (const name of Object.keys(set)) {
    kept = without(kept, name);
    added += `${name}=${set[name]}\0`;
  }
  return Buffer.concat([kept, Buffer.from(added)]);
}

function without(block: Buffer, name: string): Buffer {
  const start = `${name}=`;
  for (let at = block.indexOf(start); at >= 0; at = block.indexOf(start, at + 1)) {
    // Not in the middle of another name or value.
    if (at > 0 && block[at - 1] !== 0) continue;
    const rest = Buffer.concat([block.subarray(0, at), block.subarray(block.indexOf(0, at) + 1)]);
    return without(rest, name);
  }
  return block;
}

function own(): Buffer {
  try {
    const block = fs.readFileSync("/proc/self/environ");
    return block.length === 0 || block[block.length - 1] === 0 ? block : Buffer.concat([block, Buffer.of(0)]);
  } catch {
    // No descriptor is free, or there is no /proc: all but perfect is good enough to run the step.
    return Buffer.from(
      Object.entries(process.env)
        .map(([name, value]) => `${name}=${value}\0`)
        .join(""),
    );
  }
}
