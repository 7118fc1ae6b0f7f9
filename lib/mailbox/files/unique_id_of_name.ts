/**
 * Makes the unique-id of a message file from its name alone, so that it stays the same after a restart.
 *
 * - A name that is a valid unique-id is the unique-id.
 * - Any other name (a space in it, not ASCII, longer than 70 characters, `_`) gets `~` and the first 160 bits
 *   of its SHA-256, in hexadecimal.
 * - A name that looks like such a derived unique-id gets a derived one itself, so that nobody can make a file that has
 *   the unique-id of another file.
 */
import { isValidUniqueId } from "../../protocol/unique_id.ts";

const DERIVED = /^~[0-9a-f]{40}$/;

/** Whether the unique-id was derived, because the name is not a valid unique-id, or belongs to another message. */
export function isDerivedUniqueId(uniqueId: string): boolean {
  return DERIVED.test(uniqueId);
}

/** The unique-id of the file of this name. */
export function uniqueIdOfName(name: string): string | Promise<string> {
  return isValidUniqueId(name) && !isDerivedUniqueId(name) ? name : derivedUniqueId(name);
}

/** A unique-id that no name gives directly. */
export async function derivedUniqueId(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `~${new Uint8Array(digest, 0, 20).toHex()}`;
}
