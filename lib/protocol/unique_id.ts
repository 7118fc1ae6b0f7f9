/** What a unique-id may be (RFC 1939 section 7): 1 to 70 characters, each 0x21 to 0x7E. */

const MAXIMUM_LENGTH = 70;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Can a client use this unique-id? A single `_` is kept free for billpg's extensions. */
export function isValidUniqueId(text: string): boolean {
  return text.length <= MAXIMUM_LENGTH && text !== "_" && PRINTABLE.test(text);
}

/** What is wrong with the unique-ids of a maildrop. */
export interface UniqueIdFault {
  readonly rule: "unique-id-form" | "unique-id-twice";
  readonly uniqueId: string;
  readonly number: number;
}

/** Lists that nobody can change any more, and in which nothing was wrong: sessions of one mailbox share theirs. */
const faultless = new WeakSet<readonly string[]>();

/** Why a maildrop with these unique-ids cannot be opened; null when all is well. */
export function faultOfUniqueIds(uniqueIds: readonly string[]): UniqueIdFault | null {
  if (faultless.has(uniqueIds)) return null;
  const seen = new Set<string>();
  for (const [index, uniqueId] of uniqueIds.entries()) {
    if (!isValidUniqueId(uniqueId)) return { rule: "unique-id-form", uniqueId, number: index + 1 };
    if (seen.has(uniqueId)) return { rule: "unique-id-twice", uniqueId, number: index + 1 };
    seen.add(uniqueId);
  }
  if (Object.isFrozen(uniqueIds)) faultless.add(uniqueIds);
  return null;
}
