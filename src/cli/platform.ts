import type { Platform } from "../capture/platform.ts";
import { thisPlatform } from "../capture/this-platform.ts";

/**
 * How steps are started on this machine; warns if that is less than it should be. Call it before anything is opened,
 * because it notes which descriptors the caller left open.
 */
export async function platformOrWarn(): Promise<Platform> {
  const platform = await thisPlatform();
  if (platform.restriction !== undefined) {
    (await import("./output/console.ts")).warn(
      `no function of the C library can be called (${platform.restriction}; a limit of memory, as of ulimit -v, does that): ` +
        "steps get sockets instead of pipes, and processes that they leave running are not found",
    );
  }
  return platform;
}
