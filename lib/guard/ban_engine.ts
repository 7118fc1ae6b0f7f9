/**
 * Who has failed to log in too often, and is refused for a while.
 *
 * - An IPv6 peer is its first 64 bits; the /48 around it has a count of its own, of sixteen times as many strikes. An
 *   IPv4-mapped address is the IPv4 address. Loopback is never banned.
 * - Some strikes make a ban; it lasts for some seconds since the last wrong attempt. A question prolongs nothing.
 * - The same wrong password again has no effect: an office with one stale device is not locked out.
 * - Memory is bounded, and bans cannot be washed out of it: who is banned, who is not yet, IPv4, /64 and /48 have a table
 *   each, in which the strike that is longest ago is forgotten first.
 */
import type { Clock } from "../time/clock.ts";
import { systemClock } from "../time/clock.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { countedNetworks, isLoopback, peerKey } from "../transport/address.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";

/** Decides which addresses may not log in for now. */
export interface BanEngine {
  /** Whether every login from there is refused. A question: it has no effect. */
  isBanned(address: string): Awaitable<boolean>;
  /**
   * A login from there has failed. It makes a ban, or prolongs it.
   *
   * @param attempt names what was tried without telling it; null where it cannot be known again
   */
  registerFailedAttempt(address: string, attempt: string | null): Awaitable<void>;
  /**
   * Add-on: how an address stands. A question, too. Without it, one attempt at a time is let through from each peer, and
   * no event says how long a ban lasts.
   */
  standingOf?(address: string): Awaitable<BanStanding>;
}

/** How an address stands with a {@linkcode BanEngine}. */
export interface BanStanding {
  /** How long the ban lasts, unless it is prolonged; null while there is none. */
  readonly bannedSeconds: number | null;
  /** The networks of the address that are counted, and how many strikes each has left. None for one that is exempt. */
  readonly strikesLeft: readonly { readonly network: string; readonly strikes: number }[];
}

/** When a {@linkcode StrikeBanEngine} bans, and for how long. */
export interface StrikeBanEngineOptions {
  /** Failed attempts that make a ban. 3 by default. */
  readonly strikes?: number;
  /** Seconds since the last strike until all is forgotten. 10 000 by default. */
  readonly seconds?: number;
  /** The clock; tests pass one that they move themselves. */
  readonly clock?: Clock;
}

/** A peer, or a network of peers, that may not log in. */
export interface Ban {
  /** An IPv4 address, or the first 64 or 48 bits of an IPv6 address: `2001:db8:0:7::/64`. */
  readonly address: string;
  /** How long the ban lasts, unless it is prolonged. */
  readonly seconds: number;
}

interface StrikeRecord {
  strikes: number;
  lastAt: number;
  /** The attempts that were counted, as far as they are remembered. */
  readonly attempts: BoundedMap<true>;
}

/** What is counted together, and the strikes that ban it. */
interface CountedNetwork {
  readonly key: string;
  readonly limit: number;
}

/** The records of one kind of network. Those that are banned outlive the others. */
interface StrikeTable {
  readonly suspects: BoundedMap<StrikeRecord>;
  readonly banned: BoundedMap<StrikeRecord>;
}

/** The most records of a kind, banned and not banned each. */
const MOST_RECORDS = 10_000;
/** The most attempts of a record that are known again. */
const MOST_ATTEMPTS = 64;

/** Three strikes, and out for 10 000 seconds. */
export class StrikeBanEngine implements BanEngine {
  readonly #strikes: number;
  readonly #milliseconds: number;
  readonly #clock: Clock;
  readonly #ipv4 = newTable();
  readonly #ipv6Peers = newTable();
  readonly #ipv6Networks = newTable();

  /** Makes an engine that knows nobody yet. */
  constructor(options: StrikeBanEngineOptions = {}) {
    this.#strikes = options.strikes ?? 3;
    this.#milliseconds = 1_000 * (options.seconds ?? 10_000);
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether every login from there is refused. */
  isBanned(address: string): boolean {
    return this.standingOf(address).bannedSeconds !== null;
  }

  /** The ban of an address, and the strikes that it and its /48 have left. */
  standingOf(address: string): BanStanding {
    let bannedSeconds: number | null = null;
    const strikesLeft = this.#networksOf(address).map(({ key, limit }) => {
      const record = this.#current(key);
      const strikes = Math.max(0, limit - (record?.strikes ?? 0));
      if (record !== undefined && strikes === 0) {
        bannedSeconds = Math.max(bannedSeconds ?? 0, this.#secondsLeft(record));
      }
      return { network: key, strikes };
    });
    return { bannedSeconds, strikesLeft };
  }

  /** Counts a strike, unless the same was tried from there before. */
  registerFailedAttempt(address: string, attempt: string | null): void {
    for (const { key, limit } of this.#networksOf(address)) {
      const record = this.#current(key) ??
        { strikes: 0, lastAt: 0, attempts: new BoundedMap<true>(MOST_ATTEMPTS) };
      if (attempt !== null) {
        if (record.attempts.get(attempt) === true) continue;
        record.attempts.set(attempt, true);
      }
      record.strikes++;
      record.lastAt = this.#clock.now();
      const { suspects, banned } = this.#tableOf(key);
      if (record.strikes >= limit) {
        suspects.delete(key);
        banned.set(key, record);
      } else {
        suspects.set(key, record);
      }
    }
  }

  /** Who is banned now. */
  bans(): Ban[] {
    return [this.#ipv4, this.#ipv6Peers, this.#ipv6Networks]
      .flatMap(({ banned }) => [...banned.entries])
      .map(([address, record]) => ({ address, seconds: this.#secondsLeft(record) }))
      .filter(({ seconds }) => seconds > 0);
  }

  /**
   * Forgets what was tried from an address, or from one of its /64; and the ban of the /48 around it. A /48, as
   * {@linkcode bans} lists it, is lifted alone.
   *
   * @returns whether it was banned
   */
  lift(address: string): boolean {
    const keys = address.includes("/") ? [address] : this.#networksOf(address)
      .map(({ key }) => key)
      .filter((key) => key === peerKey(address) || this.#isBanned(key));
    const wasBanned = keys.some((key) => this.#isBanned(key));
    for (const key of keys) this.#forget(key);
    return wasBanned;
  }

  #isBanned(key: string): boolean {
    return this.#current(key) !== undefined && this.#tableOf(key).banned.get(key) !== undefined;
  }

  #networksOf(address: string): readonly CountedNetwork[] {
    if (isLoopback(address)) return [];
    // A /56 shares a limit of connections, and no strikes.
    return countedNetworks(address)
      .filter(({ key }) => !key.endsWith("/56"))
      .map(({ key, peers }) => ({ key, limit: this.#strikes * peers }));
  }

  #tableOf(key: string): StrikeTable {
    if (!key.includes(":")) return this.#ipv4;
    return key.endsWith("/48") ? this.#ipv6Networks : this.#ipv6Peers;
  }

  #current(key: string): StrikeRecord | undefined {
    const { suspects, banned } = this.#tableOf(key);
    const record = banned.get(key) ?? suspects.get(key);
    if (record === undefined || this.#secondsLeft(record) > 0) return record;
    this.#forget(key);
    return undefined;
  }

  #forget(key: string): void {
    const { suspects, banned } = this.#tableOf(key);
    suspects.delete(key);
    banned.delete(key);
  }

  #secondsLeft({ lastAt }: StrikeRecord): number {
    return Math.ceil((lastAt + this.#milliseconds - this.#clock.now()) / 1_000);
  }
}

function newTable(): StrikeTable {
  return { suspects: new BoundedMap(MOST_RECORDS), banned: new BoundedMap(MOST_RECORDS) };
}
