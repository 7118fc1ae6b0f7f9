/** The size of a message as a mailbox tells it, or null for one that is gone: it goes into replies, so it is looked at. */
export function sizeOrThrow(octets: number | null): number | null {
  if (octets === null || (Number.isSafeInteger(octets) && octets >= 0)) return octets;
  throw new RangeError(`${JSON.stringify(String(octets))} is no size of a message`);
}
