/**
 * Who has failed to log in too often, and is refused for a while.
 *
 * - An IPv6 peer is its first 64 bits, an IPv4-mapped address is the IPv4 address. Loopback is never banned.
 * - Some strikes make a ban; it lasts for some seconds since the last attempt, so who keeps trying stays out.
 * - The same wrong password again is no further strike: an office with one stale device is not locked out.
 * - Memory is bounded: the peers that were quiet for longest are forgotten first.
 */
import type { Clock } from "../connection/clock.ts";
import { systemClock } from "../connection/clock.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { isLoopback, peerKey } from "./address.ts";

/** Decides which addresses may not log in for now. */
export interface BanEngine {
  /** Is every login from there refused? Asked before each; renews a ban. */
  isBanned(address: string): Awaitable<boolean>;
  /**
   * A login from there has failed.
   *
   * @param attempt names what was tried without telling it; null where it cannot be known again
   */
  registerFailedAttempt(address: string, attempt: string | null): Awaitable<void>;
}

/** When a {@linkcode StrikeBanEngine} bans, and for how long. */
export interface StrikeBanEngineOptions {
  /** Failed attempts that make a ban. 3 by default. */
  readonly strikes?: number;
  /** Seconds since the last attempt until all is forgotten. 10 000 by default. */
  readonly seconds?: number;
}

/** A peer that may not log in. */
export interface Ban {
  /** Its IPv4 address, or the first 64 bits of its IPv6 address. */
  readonly address: string;
  /** How long the ban lasts, unless it tries again. */
  readonly seconds: number;
}

interface PeerRecord {
  strikes: number;
  lastAt: number;
  /** The attempts that were counted; no more than make a ban. */
  readonly attempts: Set<string>;
}

const MOST_PEERS = 10_000;

/** Three strikes, and out for 10 000 seconds. */
export class StrikeBanEngine implements BanEngine {
  readonly #strikes: number;
  readonly #milliseconds: number;
  readonly #clock: Clock;
  /** By peer; the one that was quiet for longest first. */
  readonly #records = new Map<string, PeerRecord>();

  /**
   * Makes an engine that knows nobody yet.
   *
   * @param clock for tests that do not want to wait
   */
  constructor(options: StrikeBanEngineOptions = {}, clock: Clock = systemClock) {
    this.#strikes = options.strikes ?? 3;
    this.#milliseconds = 1_000 * (options.seconds ?? 10_000);
    this.#clock = clock;
  }

  /** Is every login from there refused? */
  isBanned(address: string): boolean {
    if (isLoopback(address)) return false;
    const peer = peerKey(address);
    const record = this.#current(peer);
    if (record === undefined || record.strikes < this.#strikes) return false;
    this.#remember(peer, record);
    return true;
  }

  /** Counts a strike, unless the same was tried from there before. */
  registerFailedAttempt(address: string, attempt: string | null): void {
    if (isLoopback(address)) return;
    const peer = peerKey(address);
    const record = this.#current(peer) ?? { strikes: 0, lastAt: 0, attempts: new Set() };
    if (attempt === null || !record.attempts.has(attempt)) record.strikes++;
    if (attempt !== null && record.attempts.size < this.#strikes) record.attempts.add(attempt);
    this.#remember(peer, record);
  }

  /** Who is banned now. */
  bans(): Ban[] {
    const now = this.#clock.now();
    return [...this.#records]
      .map(([address, { strikes, lastAt }]) => {
        const left = lastAt + this.#milliseconds - now;
        return { address, strikes, seconds: Math.ceil(left / 1_000) };
      })
      .filter(({ strikes, seconds }) => strikes >= this.#strikes && seconds > 0)
      .map(({ address, seconds }) => ({ address, seconds }));
  }

  /**
   * Forgets what was tried from an address, or from one of its /64.
   *
   * @returns was it banned?
   */
  lift(address: string): boolean {
    const peer = this.#records.has(address) ? address : peerKey(address);
    const record = this.#current(peer);
    this.#records.delete(peer);
    return record !== undefined && record.strikes >= this.#strikes;
  }

  #current(peer: string): PeerRecord | undefined {
    const record = this.#records.get(peer);
    if (record === undefined || this.#clock.now() - record.lastAt < this.#milliseconds) {
      return record;
    }
    this.#records.delete(peer);
    return undefined;
  }

  #remember(peer: string, record: PeerRecord): void {
    record.lastAt = this.#clock.now();
    this.#records.delete(peer);
    this.#records.set(peer, record);
    if (this.#records.size <= MOST_PEERS) return;
    for (const [oldest] of this.#records) {
      this.#records.delete(oldest);
      break;
    }
  }
}
