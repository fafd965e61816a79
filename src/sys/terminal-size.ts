import { libcOnDemand } from "./libc.ts";
import { withMemory } from "./memory.ts";

const TIOCGWINSZ = 0x5413;

/**
 * How many columns the terminal on a descriptor has; 0 when it does not say. Null when it is no terminal; undefined where
 * the kernel cannot be asked, which only Linux can.
 */
export function terminalColumns(fd: number): number | null | undefined {
  return sizeAt(fd, 2);
}

/** The same of its rows. */
export function terminalRows(fd: number): number | null | undefined {
  return sizeAt(fd, 0);
}

function sizeAt(fd: number, offset: number): number | null | undefined {
  const lib = onDemand();
  if (lib === null) return undefined;
  return withMemory((memory) => {
    // struct winsize: rows, columns, and both in pixels, 16 bits each
    const size = memory.block(8);
    return lib.ioctl(fd, TIOCGWINSZ, size.address) === 0 ? size.data.getUint16(offset, true) : null;
  });
}

const onDemand = libcOnDemand({ ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" } });
