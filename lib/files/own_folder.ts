/**
 * The server's own folder beside the mail. It holds locks, the trash, and messages that are being deleted.
 *
 * - Its name is `.pop3svc` in a plain folder, and `pop3svc` in a Maildir, since Maildir++ takes names with a dot for
 *   IMAP folders.
 * - It is a real folder of this process's user, which nobody else may write. The server leaves anything else of that
 *   name alone (a link, a file, a folder of another user, such as a trial run as root leaves), and uses `pop3svc-UID`
 *   beside it.
 */
import { join } from "@std/path";
import type { FileSystem } from "./file_system.ts";
import { isPrivateFolder, serverUid } from "./server_user.ts";

/** The usual name of our folder. */
export type OwnFolderName = ".pop3svc" | "pop3svc";

export interface OwnFolder {
  readonly path: string;
  readonly isThere: boolean;
  /** The path of something else that has the usual name; null when nothing is in the way. */
  readonly inTheWay: string | null;
}

/** @throws {Deno.errors.AlreadyExists} when the other name is taken as well */
export async function findOwnFolder(
  files: FileSystem,
  parent: string,
  name: OwnFolderName,
): Promise<OwnFolder> {
  const usual = join(parent, name);
  const found = await files.look(usual);
  if (found === null) return { path: usual, isThere: false, inTheWay: null };
  if (isOurFolder(found)) return { path: usual, isThere: true, inTheWay: null };
  const path = `${usual}-${serverUid() ?? "own"}`;
  const other = await files.look(path);
  if (other !== null && !isOurFolder(other)) {
    throw new Deno.errors.AlreadyExists(`${usual} and ${path} belong to another user`);
  }
  return { path, isThere: other !== null, inTheWay: usual };
}

/** Whether it is a folder in which nobody else can have put anything. */
export function isOurFolder(found: Deno.FileInfo): boolean {
  if (!found.isDirectory) return false;
  const uid = serverUid();
  return uid === null || found.uid === null || found.uid === uid && isPrivateFolder(found);
}
