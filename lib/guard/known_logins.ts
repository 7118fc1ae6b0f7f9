/**
 * Remembers which users have logged in from which peers in the last seven days. They may try now and then while the peer
 * is banned, since somebody else there may have caused the ban. Only peers and usernames are kept, never a password.
 */
import type { Clock } from "../time/clock.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";

const REMEMBERED_MS = 7 * 86_400_000;
const MOST_PAIRS = 100_000;
/** The least time between two tries of a pair while its peer is banned. */
const PAUSE_MS = 10_000;

interface KnownLogin {
  readonly loggedInAt: number;
  triedAt: number;
}

export class KnownLogins {
  readonly #clock: Clock;
  /** By peer and username, the oldest login first. */
  readonly #pairs = new BoundedMap<KnownLogin>(MOST_PAIRS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that the user has logged in from this peer. */
  add(peer: string, username: string): void {
    const pair = keyOf(peer, username);
    const triedAt = this.#pairs.get(pair)?.triedAt ?? -Infinity;
    this.#pairs.set(pair, { loggedInAt: this.#clock.now(), triedAt });
  }

  /** Whether the user may try although the peer is banned. Asking has no effect. */
  mayTry(peer: string, username: string): boolean {
    const login = this.#pairs.get(keyOf(peer, username));
    if (login === undefined) return false;
    const now = this.#clock.now();
    return now - login.loggedInAt < REMEMBERED_MS && now - login.triedAt >= PAUSE_MS;
  }

  /** Notes that the user tries although the peer is banned. */
  noteTry(peer: string, username: string): void {
    const login = this.#pairs.get(keyOf(peer, username));
    if (login !== undefined) login.triedAt = this.#clock.now();
  }
}

/** The first space ends the peer, which holds none; a username may hold any character. */
function keyOf(peer: string, username: string): string {
  return `${peer} ${username}`;
}
