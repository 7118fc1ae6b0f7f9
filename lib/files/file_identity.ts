/** Differs from one file to another, and after a change of the same file. */
export interface FileIdentity {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** 0 where the system has none. */
  readonly inode: number;
}

/** What the system says about an open file. */
export type FileFacts = Pick<Deno.FileInfo, "isFile" | "dev" | "ino" | "size" | "mtime" | "uid">;

/** The same, with the time of the last change, which nobody but the system can set. Deno gives it in whole seconds. */
export type FileTimes = FileFacts & Pick<Deno.FileInfo, "ctime">;

export function identityOf(info: Pick<FileFacts, "size" | "mtime" | "ino">): FileIdentity {
  return { size: info.size, modified: info.mtime?.getTime() ?? 0, inode: info.ino ?? 0 };
}

/** Whether both describe the same file, unchanged. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}

/** Whether both describe the same inode, even if its content has changed. */
export function isSameInode(
  a: { readonly dev: number; readonly ino: number | null },
  b: { readonly dev: number; readonly ino: number | null },
): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * A text that differs when the path leads to another file, or the file has another size or time. Links are followed.
 *
 * The call is synchronous, since the path is one of the configuration: it takes 5 µs, and 40 µs on another thread.
 */
export function fileVersion(path: string): string {
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}
