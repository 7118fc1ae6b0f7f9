/** What tells one content of a file from the next without reading it; follows symbolic links. */
export async function fileVersion(path: string): Promise<string> {
  const { dev, ino, size, mtime } = await Deno.stat(path);
  return `${dev}:${ino}:${size}:${mtime?.getTime()}`;
}
