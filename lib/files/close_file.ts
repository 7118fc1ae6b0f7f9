/** Closes a file by its descriptor, without waiting for a slow disk: FUSE gets a FLUSH, and NFSv4 a CLOSE. */
import { closeSync } from "node:fs";
import type { SlowDisks } from "./slow_disks.ts";
import { systemLibrary } from "./system_library.ts";

/** Closes the file; on another thread if its disk is slow, and then it does not wait for it. */
export function closeFile(path: string, fd: number, disks: SlowDisks): void {
  if (!disks.isSlow(path)) return closeSync(fd);
  disks.run(path, () => closeLater(fd), { mustRun: true }).catch(() => {});
}

/** Closes the file on another thread; at once where we have no system library. */
export async function closeLater(fd: number): Promise<void> {
  await systemLibrary()?.release(fd);
  closeSync(fd);
}
