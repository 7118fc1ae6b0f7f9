/**
 * The buffers of replies, which all connections share. Most replies are one line, for which a small buffer is enough: a
 * hundred peers that are answered at once do not need a hundred large ones.
 */
const SMALL_OCTETS = 1_024;
const MOST_SMALL = 1_024;
const MOST_LARGE = 64;

/** What a large buffer holds. */
export const BUFFER_OCTETS = 65_536;
/** A large buffer has so many octets more, for the last line end and the terminator of a message. */
const TERMINATOR_OCTETS = 5;

const small: Uint8Array[] = [];
const large: Uint8Array[] = [];

/** A buffer for so many octets. */
export function takeBuffer(octets: number): Uint8Array {
  return octets <= SMALL_OCTETS
    ? small.pop() ?? new Uint8Array(SMALL_OCTETS)
    : large.pop() ?? new Uint8Array(BUFFER_OCTETS + TERMINATOR_OCTETS);
}

/** Takes a buffer back that nobody uses any more. */
export function keepBuffer(buffer: Uint8Array): void {
  const [spare, most] = buffer.length === SMALL_OCTETS ? [small, MOST_SMALL] : [large, MOST_LARGE];
  if (spare.length < most) spare.push(buffer);
}
