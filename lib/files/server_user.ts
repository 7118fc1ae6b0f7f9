/** The user as whom this process touches files, and what belongs to that user. */

let uid: number | null | undefined;

/**
 * The user id of this process; null where there are none (Windows), and without the permission `--allow-sys=uid`.
 * It only queries the permission, because Deno must not ask for it while mail is served.
 */
export function serverUid(): number | null {
  return uid ??= Deno.permissions.querySync({ name: "sys", kind: "uid" }).state === "granted"
    ? Deno.uid()
    : null;
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Whether the file belongs to the user of this process or to root; true where there are no owners. */
export function isOfServer({ uid: owner }: Deno.FileInfo): boolean {
  const server = serverUid();
  return owner === null || server === null || owner === server || owner === 0;
}

/** Whether only the user of this process, or root, can make, rename and remove names in the folder. */
export function isPrivateFolder(folder: Deno.FileInfo): boolean {
  if (folder.uid === null) return true;
  if (serverUid() === null || !isOfServer(folder)) return false;
  return ((folder.mode ?? 0) & WRITABLE_BY_OTHERS) === 0;
}

/**
 * Whether nobody else can rename or remove files of root and of this user in the folder: it is private, or sticky
 * like `/tmp`.
 */
export function keepsNames(folder: Deno.FileInfo): boolean {
  return isPrivateFolder(folder) ||
    serverUid() !== null && isOfServer(folder) && ((folder.mode ?? 0) & STICKY) !== 0;
}
