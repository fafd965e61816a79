import type { Platform } from "./platform.ts";

/** Never throws. To be called before anything is opened: on Linux it looks at what the caller left us. */
export async function thisPlatform(platform: NodeJS.Platform = process.platform): Promise<Platform> {
  let restriction: string | undefined;
  if (platform === "linux") {
    try {
      return (await import("./linux/linux-platform.ts")).linuxPlatform();
    } catch (error) {
      // A limit of memory, a C library that we do not know: the step is run all the same.
      restriction = error instanceof Error ? error.message : String(error);
    }
  }
  const { portablePlatform } = await import("./portable-platform.ts");
  return restriction === undefined ? portablePlatform : { ...portablePlatform, restriction };
}
