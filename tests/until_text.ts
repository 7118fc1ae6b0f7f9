/** How many times a file is read before a test gives up. */
const MOST_LOOKS = 500;

/** Waits until the text of a file that another process writes matches, and gives it. */
export async function untilText(path: string, pattern: RegExp): Promise<string> {
  for (let look = 0;; look++) {
    const text = await Deno.readTextFile(path).catch(() => "there is none");
    if (pattern.test(text)) return text;
    if (look > MOST_LOOKS) throw new Error(`Not in ${path}: ${pattern}\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
