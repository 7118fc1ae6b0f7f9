/** Writes a file so that it is there whole, or not at all. */
import type { WritableFile } from "./create_file.ts";
import type { FileSystem } from "./file_system.ts";

/** Writes a file under another name, and renames it once it is on the disk, so that nobody sees it half written. */
export async function writeWhole(
  files: FileSystem,
  path: string,
  unfinished: string,
  write: (file: WritableFile) => Promise<void>,
): Promise<void> {
  try {
    {
      using file = await files.create(unfinished);
      await write(file);
      await file.sync();
    }
    await files.rename(unfinished, path);
  } catch (error) {
    await files.remove(unfinished).catch(() => {});
    throw error;
  }
}
