/** The size of a message as a mailbox tells it, or null for one that is gone: it goes into replies, so it is looked at. */
export function sizeOrThrow(octets: number | null): number | null {
  if (octets === null || (Number.isSafeInteger(octets) && octets >= 0)) return octets;
  throw new RangeError(`${JSON.stringify(String(octets))} is no size of a message`);
}

/** Lists that were looked at, and that nobody can change: sessions share them. */
const checked = new WeakSet<readonly (number | null)[]>();

/** The sizes, for this session to keep: the same list where nobody can change it. */
export function sizesOrThrow(sizes: readonly (number | null)[]): readonly (number | null)[] {
  if (checked.has(sizes)) return sizes;
  if (!Object.isFrozen(sizes)) return sizes.map(sizeOrThrow);
  sizes.forEach(sizeOrThrow);
  checked.add(sizes);
  return sizes;
}
