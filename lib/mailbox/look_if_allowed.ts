import { isReadOnlyError } from "../files/cannot_write.ts";
import type { FileSystem } from "../files/file_system.ts";

/**
 * The entry itself; null when there is none, and where this process can have none: where it may not look, or something
 * else is in the place of a folder on the way. Any other error may be over the next time: it says nothing about what is
 * there, and is thrown.
 */
export async function lookIfAllowed(
  files: FileSystem,
  path: string,
): Promise<Deno.FileInfo | null> {
  try {
    return await files.look(path);
  } catch (error) {
    return nullIfNotAllowed(error);
  }
}

/** Null for the error that this process may not look there, or that no folder is there. Throws any other. */
export function nullIfNotAllowed(error: unknown): null {
  if (
    isReadOnlyError(error) || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop
  ) return null;
  throw error;
}
