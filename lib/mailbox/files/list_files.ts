import { join } from "@std/path";
import type { FileSystem } from "./file_system.ts";
import { type FileIdentity, identityOf } from "./message_file.ts";

/** How many files are looked at side by side. */
const LOOKS_AT_ONCE = 64;

/** A regular file, by its name. */
export interface ListedFile {
  readonly name: string;
  readonly identity: FileIdentity;
}

/**
 * The regular files directly in a folder. Left out are subfolders, names that begin with a dot, and symbolic
 * links: a link could lead out of the folder.
 */
export async function listFiles(files: FileSystem, folder: string): Promise<ListedFile[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && !name.startsWith(".")) names.push(name);
  }
  const listed: ListedFile[] = [];
  for (let at = 0; at < names.length; at += LOOKS_AT_ONCE) {
    const batch = names.slice(at, at + LOOKS_AT_ONCE).map(async (name) => {
      const info = await files.look(join(folder, name));
      if (info?.isFile === true) listed.push({ name, identity: identityOf(info) });
    });
    await Promise.all(batch);
  }
  return listed;
}
