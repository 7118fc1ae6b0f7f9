/**
 * Which files of a folder are messages, and in which order they are numbered.
 *
 * Every regular file directly inside, whatever its extension. Left out are subfolders, names that begin with a
 * dot, and symbolic links: a link could lead out of the folder. The order is by time of modification, then by
 * name, so that new mail comes last.
 */
import { join } from "@std/path";
import { type FileIdentity, identityOf } from "./message_file.ts";
import { uniqueIdOfName } from "./unique_id_of_name.ts";

export interface MessageFile {
  readonly name: string;
  readonly uniqueId: string;
  readonly identity: FileIdentity;
}

/** How many files are looked at side by side. */
const LOOKS_AT_ONCE = 64;

/** @throws {Deno.errors.NotFound} when the folder is not there */
export async function listMessageFiles(folder: string): Promise<MessageFile[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && !name.startsWith(".")) names.push(name);
  }
  const files: MessageFile[] = [];
  for (let at = 0; at < names.length; at += LOOKS_AT_ONCE) {
    const batch = names.slice(at, at + LOOKS_AT_ONCE).map(async (name) => {
      const info = await lookAt(join(folder, name));
      if (info === null) return;
      files.push({ name, uniqueId: await uniqueIdOfName(name), identity: identityOf(info) });
    });
    await Promise.all(batch);
  }
  return files.sort(byTimeThenName);
}

/** The file itself, not what a link points to; null when it is gone, or no regular file any more. */
export async function lookAt(path: string): Promise<Deno.FileInfo | null> {
  try {
    const info = await Deno.lstat(path);
    return info.isFile ? info : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function byTimeThenName(a: MessageFile, b: MessageFile): number {
  return a.identity.modified - b.identity.modified || (a.name < b.name ? -1 : 1);
}
