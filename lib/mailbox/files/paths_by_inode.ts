import { join } from "@std/path";
import type { MailboxFolder } from "./mailbox_folder.ts";

/** The paths of all files of a mailbox by inode, for files that another program has renamed. */
export async function pathsByInode(folder: MailboxFolder): Promise<Map<number, string[]>> {
  const paths = new Map<number, string[]>();
  for (const name of (await folder.look()).keys()) {
    const { files } = await folder.files.regularFiles(join(folder.path, name));
    for (const file of files) {
      const { ino } = file.info;
      const path = name === "." ? file.name : `${name}/${file.name}`;
      if (ino !== null) paths.set(ino, [...paths.get(ino) ?? [], path]);
    }
  }
  return paths;
}
