/** Tells one file from another, and from itself after a change. */
export interface FileIdentity {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** 0 where the system has none. */
  readonly inode: number;
}

/** What we ask about an open file. */
export type FileFacts = Pick<Deno.FileInfo, "isFile" | "dev" | "ino" | "size" | "mtime" | "uid">;

export function identityOf(info: Pick<FileFacts, "size" | "mtime" | "ino">): FileIdentity {
  return { size: info.size, modified: info.mtime?.getTime() ?? 0, inode: info.ino ?? 0 };
}

/** Whether both describe the same file, unchanged. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}

/** Whether both describe the same inode, whatever was written to it in between. */
export function isSameInode(
  a: { readonly dev: number; readonly ino: number | null },
  b: { readonly dev: number; readonly ino: number | null },
): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * A text that changes with the file that a path leads to, also through links: another file, size or time.
 *
 * A look at one name is synchronous, here and at each login: it costs 5 µs, and 40 µs on another thread. Whatever lists,
 * reads or writes is asynchronous.
 */
export function fileVersion(path: string): string {
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}
