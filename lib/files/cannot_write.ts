/** What a failure to write says of the place. Deno has no error classes for most of it. */

/** Whether nothing can be written there: no permission, or a disk that is read-only. */
export function isReadOnlyError(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable ||
    error instanceof Error && /EROFS|os error 30\b/.test(error.message);
}

/** The same, or there is no room. */
export function cannotWrite(error: unknown): boolean {
  return isReadOnlyError(error) ||
    error instanceof Error && /ENOSPC|EDQUOT|os error (28|122)\b/.test(error.message);
}
