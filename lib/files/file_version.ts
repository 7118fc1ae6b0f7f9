/**
 * What tells one content of a file from the next without reading it; follows symbolic links.
 *
 * A look at one name is synchronous, here and wherever each login takes one: it costs 5 µs, and 40 with the thread
 * behind an asynchronous call. Whatever lists, reads or writes is not.
 */
export function fileVersion(path: string): string {
  const { dev, ino, size, mtime } = Deno.statSync(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}
