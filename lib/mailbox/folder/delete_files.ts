/**
 * Deletes message files of a folder, all of them or none.
 *
 * They are first moved aside, into a hidden folder that is never served. Each move can be undone: when one
 * fails, all that were made are taken back and nothing is deleted. Only when every file is aside are they
 * removed.
 *
 * - A file that is gone already counts as deleted.
 * - A file that took the place of the one that is meant is not touched.
 */
import { join } from "@std/path";
import { ensureDir } from "@std/fs";
import { type FileIdentity, identityOf, isSameFile } from "./message_file.ts";

/** The hidden folder inside a mailbox where everything of ours lives. */
const OWN_FOLDER = ".pop3svc";

/** A file that shall be deleted, as it was when the client logged in. */
export interface DoomedFile {
  readonly name: string;
  readonly identity: FileIdentity;
}

/** @throws the error of the first file that could not be moved; then nothing is deleted */
export async function deleteFiles(folder: string, files: readonly DoomedFile[]): Promise<void> {
  const own = join(folder, OWN_FOLDER);
  const aside = join(own, `delete-${crypto.randomUUID()}`);
  await ensureDir(aside);
  const moved: { readonly from: string; readonly to: string }[] = [];
  try {
    for (const [index, { name, identity }] of files.entries()) {
      const move = { from: join(folder, name), to: join(aside, `${index}`) };
      if (!(await isThere(move.from, identity))) continue;
      await Deno.rename(move.from, move.to);
      moved.push(move);
    }
  } catch (error) {
    for (const { from, to } of moved.reverse()) await Deno.rename(to, from);
    await removeFolders(aside, own);
    throw error;
  }
  for (const { to } of moved) await Deno.remove(to);
  await removeFolders(aside, own);
}

async function isThere(path: string, identity: FileIdentity): Promise<boolean> {
  try {
    return isSameFile(identityOf(await Deno.lstat(path)), identity);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Our folders go away when they are empty; another deletion may be using the outer one. */
async function removeFolders(aside: string, own: string): Promise<void> {
  await Deno.remove(aside);
  await Deno.remove(own).catch(() => {});
}
