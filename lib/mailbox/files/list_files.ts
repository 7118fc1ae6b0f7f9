import { join } from "@std/path";
import { type FileIdentity, identityOf } from "./message_file.ts";
import { nullIfGone } from "../../files/null_if_gone.ts";
import { TimeSlice } from "../../connection/time_slice.ts";

/** Of work, before others have a turn. */
const SLICE_MS = 2;

/** A regular file, by its name. */
export interface ListedFile {
  readonly name: string;
  readonly identity: FileIdentity;
}

/**
 * The regular files directly in a folder. Left out are subfolders, names that begin with a dot, and symbolic
 * links: a link could lead out of the folder.
 *
 * A look costs a tenth when it is synchronous, and a huge folder needs many: they are made in slices.
 */
export async function listFiles(folder: string): Promise<ListedFile[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && !name.startsWith(".")) names.push(name);
  }
  const listed: ListedFile[] = [];
  const slice = new TimeSlice(SLICE_MS);
  for (const name of names) {
    await slice.pause();
    const info = nullIfGone(() => Deno.lstatSync(join(folder, name)));
    if (info?.isFile === true) listed.push({ name, identity: identityOf(info) });
  }
  return listed;
}
