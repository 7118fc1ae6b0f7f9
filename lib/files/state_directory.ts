/**
 * The state directory holds what the server does not keep beside the mail: the index and the ids of mailboxes that
 * belong to other users, journals, and the server's key. Only the server's own user writes there.
 */
import { dirname, join, resolve } from "@std/path";
import { canWriteIn } from "./look.ts";
import { nullIfGone } from "./null_if_gone.ts";
import { isPrivateFolder } from "./server_user.ts";

/**
 * Makes the folder of one mailbox in the state directory, and those above it.
 *
 * @throws {Deno.errors.PermissionDenied} and the like when it cannot be made, or when others can write it
 */
export async function stateFolderOf(stateDirectory: string, mailbox: string): Promise<string> {
  const folder = await stateFolderPath(stateDirectory, mailbox);
  await makeStateFolder(folder);
  return folder;
}

/** The path of the folder of one mailbox, whether or not it has been made. */
export async function stateFolderPath(stateDirectory: string, mailbox: string): Promise<string> {
  return join(stateDirectory, "mailboxes", await mailboxKey(mailbox));
}

/** A name for our files about this mailbox that no other mailbox has. */
export async function mailboxKey(mailbox: string): Promise<string> {
  const octets = new TextEncoder().encode(resolve(mailbox));
  // To load `node:crypto` would cost each start of the program some milliseconds.
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets), 0, 16).toHex();
}

/** Makes a folder of the state directory, and those above it. */
export async function makeStateFolder(folder: string): Promise<void> {
  const info = nullIfGone(() => Deno.lstatSync(folder));
  if (info === null) await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const made = info ?? await Deno.lstat(folder);
  if (!made.isDirectory || !isPrivateFolder(made)) {
    throw new Deno.errors.PermissionDenied(
      `${folder} in the state directory can be written by others; its owner must be the server's user, and its mode 0700`,
    );
  }
  if (!isFolder(dirname(folder))) {
    throw new Deno.errors.NotADirectory(`${dirname(folder)} is not a folder`);
  }
}

/**
 * What this process may do in the state directory: `none` where it may not even look at the files. A full disk counts as
 * `write`, since it may have room again.
 */
export function accessToState(path: string): "write" | "read" | "none" {
  try {
    nullIfGone(() => Deno.lstatSync(join(path, "mailboxes")));
  } catch {
    return "none";
  }
  return canWriteIn(path) ? "write" : "read";
}

/** Whether it is a folder. A path that this process may not look at counts as one (given_path.ts). */
function isFolder(path: string): boolean {
  try {
    return nullIfGone(() => Deno.lstatSync(path))?.isDirectory === true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return true;
    throw error;
  }
}

/** The path without links: with `DynamicUser=`, systemd names a link that leads below `/var/lib/private`. */
export function realStateDirectory(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // It does not exist yet, or we may not look at it: the code that makes or uses it reports that.
    return path;
  }
}
