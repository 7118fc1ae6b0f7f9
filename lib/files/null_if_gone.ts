/** The result of a synchronous call; null when the file is gone. */
export function nullIfGone<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    return nullIfNotFound(error);
  }
}

/** Null for the error that a file is gone. Throws any other. */
export function nullIfNotFound(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
