/** The form of a unique-id (RFC 1939 section 7): 1 to 70 characters, each 0x21 to 0x7E. */

const MAXIMUM_LENGTH = 70;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Whether a client can use this unique-id. billpg's extensions reserve a single `_`. */
export function isValidUniqueId(text: string): boolean {
  return text.length <= MAXIMUM_LENGTH && text !== "_" && PRINTABLE.test(text);
}

/** The first fault among the unique-ids of a maildrop. */
export interface UniqueIdFault {
  readonly rule: "unique-id-form" | "unique-id-twice";
  readonly uniqueId: string;
  readonly number: number;
}

/** Why a maildrop with these unique-ids cannot be opened; null when it can. */
export function faultOfUniqueIds(uniqueIds: readonly string[]): UniqueIdFault | null {
  // `findIndex` and `every` take five times as long for a frozen array, and most of these are.
  for (const [index, uniqueId] of uniqueIds.entries()) {
    if (!isValidUniqueId(uniqueId)) return faultAt(uniqueIds, index, "unique-id-form");
  }
  const second = indexOfSecond(uniqueIds);
  if (second >= 0) return faultAt(uniqueIds, second, "unique-id-twice");
  return null;
}

function faultAt(
  uniqueIds: readonly string[],
  index: number,
  rule: UniqueIdFault["rule"],
): UniqueIdFault {
  return { rule, uniqueId: uniqueIds[index] ?? "", number: index + 1 };
}

/** The index of the first repeated unique-id; -1 when all are different. */
function indexOfSecond(uniqueIds: readonly string[]): number {
  if (isAscending(uniqueIds)) return -1;
  const seen = new Set<string>();
  return uniqueIds.findIndex((uniqueId) => {
    if (seen.has(uniqueId)) return true;
    seen.add(uniqueId);
    return false;
  });
}

/** Whether each is greater than the one before. Most begin with a time, so they are; then none repeats. */
export function isAscending(uniqueIds: readonly string[]): boolean {
  let before = "";
  for (const uniqueId of uniqueIds) {
    if (uniqueId <= before) return false;
    before = uniqueId;
  }
  return true;
}
