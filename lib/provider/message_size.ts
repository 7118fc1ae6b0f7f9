/** The size of a message in octets, or null for one that is gone. Replies hold it, so it is checked. */
export function sizeOrThrow(octets: number | null): number | null {
  if (octets === null || isSize(octets)) return octets;
  throw new RangeError(`${JSON.stringify(String(octets))} is no size of a message`);
}

/** Whether it can be a number of octets. */
export function isSize(octets: unknown): octets is number {
  return Number.isSafeInteger(octets) && Number(octets) >= 0;
}
