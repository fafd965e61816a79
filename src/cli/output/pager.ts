/**
 * Hands a text to the user's pager: PAGER, else `less`. less gets `FRX` (quit if it fits, colours, no clearing), unless the
 * user has set LESS. False if there is no pager, if PAGER is empty or `cat`, and if it cannot be started: the caller prints.
 */
export async function paged(text: string): Promise<boolean> {
  const pager = process.env.PAGER ?? "less";
  if (pager.trim() === "" || pager.trim() === "cat") return false;
  if (process.env.PAGER === undefined && Bun.which("less") === null) return false;
  try {
    const env = { ...process.env, LESS: process.env.LESS ?? "FRX" };
    // PAGER is a command line, as for man and git.
    const child = Bun.spawn(["/bin/sh", "-c", pager], {
      stdin: Buffer.from(text),
      stdout: "inherit",
      stderr: "inherit",
      env,
    });
    // Ctrl-C is for the pager: it stops a search there, and does not end us before it has left the terminal in order.
    const ignore = () => {};
    process.on("SIGINT", ignore);
    const code = await child.exited;
    process.off("SIGINT", ignore);
    return code !== 126 && code !== 127;
  } catch {
    return false;
  }
}
