/**
 * Stands before the provider at each login.
 *
 * A banned peer is told the same as one with a wrong password, and as late: every refusal is told no earlier
 * than one second behind its attempt, so that the time does not tell whether the provider was asked. Peers on this
 * machine are never banned, and do not wait.
 */
import type { Clock } from "../connection/clock.ts";
import { isLoopback } from "./address.ts";
import type { BanEngine } from "./ban_engine.ts";

/** One attempt to log in. */
export interface LoginAttempt {
  /** Is it refused, whatever comes? Then the provider is not asked. */
  readonly isBanned: boolean;
  /**
   * It has failed; done when the client may hear of it.
   *
   * @param secret what the client said that it would say again; null where it differs each time
   */
  fail(userName: string, secret: string | null): Promise<void>;
}

/** Is asked before each attempt. */
export interface LoginGuard {
  begin(address: string): Promise<LoginAttempt>;
}

/** A refusal is told no earlier than so long behind its attempt. */
export const REFUSAL_MS = 1_000;
const encoder = new TextEncoder();

export class BanningGuard implements LoginGuard {
  readonly #engine: () => BanEngine;
  readonly #clock: Clock;
  /**
   * Known to this process only: what is remembered of a password is worth nothing elsewhere. Made when it is first
   * needed: to load what makes keys would be a third of the start.
   */
  #key: Promise<CryptoKey> | null = null;

  constructor(engine: () => BanEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async begin(address: string): Promise<LoginAttempt> {
    const engine = this.#engine();
    const startedAt = this.#clock.now();
    const isBanned = await engine.isBanned(address);
    return {
      isBanned,
      fail: async (userName, secret) => {
        if (!isBanned) {
          await engine.registerFailedAttempt(address, await this.#attempt(userName, secret));
        }
        if (!isLoopback(address)) await this.#waitUntil(startedAt + REFUSAL_MS);
      },
    };
  }

  async #attempt(userName: string, secret: string | null): Promise<string | null> {
    if (secret === null) return null;
    this.#key ??= crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const octets = encoder.encode(`${userName}\0${secret}`);
    const signature = await crypto.subtle.sign("HMAC", await this.#key, octets);
    return new Uint8Array(signature).toBase64();
  }

  async #waitUntil(instant: number): Promise<void> {
    const left = instant - this.#clock.now();
    if (left > 0) await new Promise<void>((resolve) => this.#clock.after(left, resolve));
  }
}
