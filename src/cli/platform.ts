import type { Platform } from "../capture/platform.ts";
import { thisPlatform } from "../capture/this-platform.ts";

/**
 * How steps are started here; with a warning where that is less than it should be. To be called before anything is
 * opened: it looks at what the caller left open.
 */
export async function platformOrWarn(): Promise<Platform> {
  const platform = await thisPlatform();
  if (platform.restriction !== undefined) {
    (await import("./output/console.ts")).warn(
      `no function of the C library can be called (${platform.restriction}; a limit of memory, as of ulimit -v, does that): ` +
        "steps get sockets instead of pipes, and what they leave behind is not found",
    );
  }
  return platform;
}
