/** Recognizes errors of a file system that cannot be written. Deno has no error classes for most of them. */

/** Whether the error says that nothing can be written there: no permission, or a read-only disk. */
export function isReadOnlyError(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable ||
    error instanceof Error && /EROFS|os error 30\b/.test(error.message);
}

/** Whether the error says that the disk is full: it has no more blocks or inodes, or this user may not have more. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && /ENOSPC|EDQUOT|os error (28|122)\b/.test(error.message);
}

/** Whether the error says that nothing can be written there, or that the disk is full. */
export function cannotWrite(error: unknown): boolean {
  return isReadOnlyError(error) || isDiskFull(error);
}
