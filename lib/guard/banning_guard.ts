/**
 * Stands between a session and the provider at each login.
 *
 * - No refusal is sent sooner than one second after the attempt, whoever refuses it and why, so that the time does not
 *   tell whether the provider was asked. Peers on this machine do not wait.
 * - The same secret at the same time is asked once: the others wait for the outcome, and are refused with it.
 * - A peer has at most two attempts in progress, and no network has more in progress than it has strikes left. The others
 *   wait for their turn until their session is over. So an address of this machine has its share, too, since an account
 *   here could lock everybody out of hashing otherwise; but it is never banned, and all of them have sixteen shares.
 * - A banned peer is told the same as one with a wrong password; a user who has logged in from there may still try now
 *   and then.
 */
import type { Clock } from "../time/clock.ts";
import type { BanEngine } from "./ban_engine.ts";
import type { LoginAttempt, LoginGuard } from "../session/login_guard.ts";
import { LoginAdmission } from "./login_admission.ts";
import { GuardedAttempt } from "./guarded_attempt.ts";

export { REFUSAL_MS } from "./guarded_attempt.ts";

/** A {@linkcode LoginGuard} with a {@linkcode BanEngine}. */
export class BanningGuard implements LoginGuard {
  readonly #admission: LoginAdmission;
  readonly #clock: Clock;

  /** @param engine read at each login, so that it can be changed while the listener runs */
  constructor(engine: () => BanEngine, clock: Clock) {
    this.#admission = new LoginAdmission(engine, clock);
    this.#clock = clock;
  }

  begin(address: string): LoginAttempt {
    return new GuardedAttempt(this.#admission, this.#clock, address);
  }
}
