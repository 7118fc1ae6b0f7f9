/** The least time between two logins of one user (LOGIN-DELAY of RFC 2449 section 6.5). */
import type { LoginPace } from "../session/login_guard.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import type { Clock } from "../time/clock.ts";

/** The most users that are remembered; the oldest login is forgotten first. */
const MOST_USERS = 100_000;

export class LoginDelay implements LoginPace {
  readonly #seconds: () => number;
  readonly #clock: Clock;
  /** When each user logged in last, the oldest login first. */
  readonly #lastLogins = new BoundedMap<number>(MOST_USERS);

  /** @param seconds called at each login, so that the delay can be changed while the listener runs; 0 for none */
  constructor(seconds: () => number, clock: Clock) {
    this.#seconds = seconds;
    this.#clock = clock;
  }

  /** Rounded up. */
  admit(username: string): number {
    const delay = 1_000 * this.#seconds();
    if (delay === 0) return 0;
    const now = this.#clock.now();
    for (const [user, at] of this.#lastLogins.entries) {
      if (now - at < delay) break;
      this.#lastLogins.delete(user);
    }
    const last = this.#lastLogins.get(username);
    if (last !== undefined) return Math.ceil((last + delay - now) / 1_000);
    this.#lastLogins.set(username, now);
    return 0;
  }

  takeBack(username: string): void {
    this.#lastLogins.delete(username);
  }
}
