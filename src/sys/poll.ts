import { libcOnDemand } from "./libc.ts";
import { withMemory } from "./memory.ts";

const POLLIN = 1;
const POLLOUT = 4;
/** struct pollfd: int fd; short events; short revents */
const POLLFD_BYTES = 8;

/**
 * Waits until one of these has something to be read, or nobody left to write it, or for so long; the whole thread does.
 * False when the time ran out, or poll(2) cannot be had.
 */
export function waitForInput(fds: readonly number[], ms: number): boolean {
  return poll(fds, POLLIN, ms) ?? false;
}

/** Whether a write of a little would not wait now. True also where poll(2) cannot be had: then the write may wait. */
export function hasRoom(fd: number): boolean {
  return poll([fd], POLLOUT, 0) ?? true;
}

/** Whether one of them is ready; undefined where that cannot be asked. */
function poll(fds: readonly number[], events: number, ms: number): boolean | undefined {
  const lib = onDemand();
  if (lib === null) return undefined;
  return withMemory((memory) => {
    const requests = memory.block(POLLFD_BYTES * fds.length);
    for (let i = 0; i < fds.length; i++) {
      requests.data.setInt32(POLLFD_BYTES * i, fds[i]!, true);
      requests.data.setInt16(POLLFD_BYTES * i + 4, events, true);
    }
    return lib.poll(requests.address, fds.length, ms) > 0;
  });
}

const onDemand = libcOnDemand({ poll: { args: ["ptr", "u64", "i32"], returns: "i32" } });
