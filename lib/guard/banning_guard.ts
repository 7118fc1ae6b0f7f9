/**
 * Decides about each login before the session asks the provider.
 *
 * - No refusal is sent sooner than one second after the attempt, whatever its reason, so that the time does not show
 *   whether the provider was asked. Peers on this machine do not wait.
 * - When several attempts try the same secret at once, the provider is asked once; if it refuses, all of them are
 *   refused.
 * - A peer has at most two attempts in progress, and no network has more in progress than it has strikes left. Further
 *   attempts wait until one ends, or until their session ends.
 * - Addresses of this machine have limits, too: two attempts each, 32 together. Otherwise one account here could use up
 *   all hashing. They are never banned.
 * - A banned peer gets the same reply as one with a wrong password. A user who has logged in from that peer before may
 *   still try now and then.
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

  /** @param engine called at each login, so that the engine can be changed while the listener runs */
  constructor(engine: () => BanEngine, clock: Clock) {
    this.#admission = new LoginAdmission(engine, clock);
    this.#clock = clock;
  }

  begin(address: string): LoginAttempt {
    return new GuardedAttempt(this.#admission, this.#clock, address);
  }
}
