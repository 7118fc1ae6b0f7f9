/**
 * The floor under how slowly a peer may read.
 *
 * A peer may pause for as long as the idle limit, and over a whole reply may fall behind the floor by no more than
 * that. So a client whose machine sleeps for some minutes in the middle of a message is kept, and one that takes an
 * octet a minute does not hold a message open for days. Only the time in which we waited for the peer counts.
 */

/** 4 kbit/s: less than any connection over which mail is read today. */
const FLOOR_OCTETS_PER_MS = 0.5;

/** How fast the peer takes one reply. */
export class ReadingPace {
  #octets = 0;
  #waited = 0;

  /** Milliseconds that the next write may wait. */
  patience(idleTimeout: number): number {
    const aheadOfFloor = this.#octets / FLOOR_OCTETS_PER_MS - this.#waited;
    return Math.max(0, Math.min(idleTimeout, idleTimeout + aheadOfFloor));
  }

  /** The peer has taken some octets after so many milliseconds. */
  took(octets: number, milliseconds: number): void {
    this.#octets += octets;
    this.#waited += milliseconds;
  }
}
