/** The result of a synchronous call; null when the file is gone. */
export function nullIfGone<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
