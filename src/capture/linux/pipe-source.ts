import { closeDescriptor, growPipe } from "../../sys/pipes.ts";
import { waitForInput } from "../../sys/poll.ts";
import type { DirectSource, Source } from "../platform.ts";
import { readNow, reopen } from "./detached-pipe.ts";

/** As much as Linux lets everyone have. */
const WIDE_BYTES = 1 << 20;

/** The read end of a kernel pipe. */
export class PipeSource implements Source {
  constructor(readonly fd: number) {}

  get stream(): ReadableStream<Uint8Array> {
    return Bun.file(this.fd).stream();
  }

  widen(): void {
    growPipe(this.fd, WIDE_BYTES);
  }

  close(): void {
    closeDescriptor(this.fd);
  }

  detach(): DirectSource | null {
    const fd = reopen(this.fd);
    if (fd === null) return null;
    this.close();
    return new DirectPipe(fd);
  }
}

class DirectPipe extends PipeSource implements DirectSource {
  read(buffer: Uint8Array): number {
    return readNow(this.fd, buffer);
  }

  wait(others: readonly Source[], ms: number): void {
    waitForInput([this.fd, ...others.flatMap(({ fd }) => fd ?? [])], ms);
  }
}
