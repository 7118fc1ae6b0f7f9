/** What a unique-id may be (RFC 1939 section 7): 1 to 70 characters, each 0x21 to 0x7E. */

const MAXIMUM_LENGTH = 70;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Can a client use this unique-id? A single `_` is kept free for billpg's extensions. */
export function isValidUniqueId(text: string): boolean {
  return text.length <= MAXIMUM_LENGTH && text !== "_" && PRINTABLE.test(text);
}

/** Why a maildrop with these unique-ids cannot be opened; null when all is well. */
export function faultOfUniqueIds(uniqueIds: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const [index, uniqueId] of uniqueIds.entries()) {
    const where = `unique id ${JSON.stringify(uniqueId)} of message ${index + 1}`;
    if (!isValidUniqueId(uniqueId)) {
      return `${where} must be 1 to 70 characters from 0x21 to 0x7E and not "_"`;
    }
    if (seen.has(uniqueId)) return `${where} is there twice`;
    seen.add(uniqueId);
  }
  return null;
}
