const STATISTICS = "/proc/thread-self/schedstat";

let isReadable = true;

/**
 * For how many milliseconds this thread has waited for a CPU since it began; always 0 where the system does not say it, or
 * this process may not read it: Deno needs all permissions for that.
 */
export function cpuWaitMs(): number {
  if (!isReadable) return 0;
  try {
    const { state } = Deno.permissions.querySync({ name: "read", path: STATISTICS });
    if (state === "granted") return Number(Deno.readTextFileSync(STATISTICS).split(" ")[1]) / 1e6;
  } catch {
    // As below.
  }
  isReadable = false;
  return 0;
}
