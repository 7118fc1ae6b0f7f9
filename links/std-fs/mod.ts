// The few functions of @std/fs that this project uses, with @std's names, signatures and behaviour.

/** Makes sure that the folder is there, with its parents. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** Copies a file, or a folder with all that is in it; `dest` must not be there yet. */
export async function copy(src: string, dest: string): Promise<void> {
  if (!(await Deno.lstat(src)).isDirectory) {
    return await Deno.copyFile(src, dest);
  }
  await Deno.mkdir(dest);
  for await (const entry of Deno.readDir(src)) {
    await copy(`${src}/${entry.name}`, `${dest}/${entry.name}`);
  }
}
