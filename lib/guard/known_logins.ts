/**
 * Who has logged in from where in the last seven days: they may try now and then while their address is banned, since
 * somebody else there has earned the ban. Remembered are peers and usernames, never a password.
 */
import type { Clock } from "../time/clock.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";

const REMEMBERED_MS = 7 * 86_400_000;
const MOST_PAIRS = 100_000;
/** While the address is banned, a pair may try once in so long. */
const PAUSE_MS = 10_000;

interface KnownLogin {
  readonly loggedInAt: number;
  triedAt: number;
}

export class KnownLogins {
  readonly #clock: Clock;
  /** By peer and username; the one whose last login is longest ago first. */
  readonly #pairs = new BoundedMap<KnownLogin>(MOST_PAIRS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** They have logged in. */
  add(peer: string, username: string): void {
    const pair = keyOf(peer, username);
    const triedAt = this.#pairs.get(pair)?.triedAt ?? -Infinity;
    this.#pairs.set(pair, { loggedInAt: this.#clock.now(), triedAt });
  }

  /** Whether they may try although their address is banned. A question: it has no effect. */
  mayTry(peer: string, username: string): boolean {
    const login = this.#pairs.get(keyOf(peer, username));
    if (login === undefined) return false;
    const now = this.#clock.now();
    return now - login.loggedInAt < REMEMBERED_MS && now - login.triedAt >= PAUSE_MS;
  }

  /** They try although their address is banned. */
  noteTry(peer: string, username: string): void {
    const login = this.#pairs.get(keyOf(peer, username));
    if (login !== undefined) login.triedAt = this.#clock.now();
  }
}

/** A username may hold any character; a peer holds no space. */
function keyOf(peer: string, username: string): string {
  return `${peer} ${username}`;
}
