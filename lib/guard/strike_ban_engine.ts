/**
 * Bans addresses from which too many logins have failed, for a while. A counted failure is a strike.
 *
 * - An IPv6 peer counts by its first 64 bits. The /48 around it has its own count, with sixteen times as many strikes. An
 *   IPv4-mapped address counts as the IPv4 address. Addresses that are exempt, by default those of this machine, are never
 *   banned.
 * - A ban begins after some failed attempts and ends some seconds after the last one. Asking about it does not prolong it.
 * - The same wrong password, sent again, does not count again, so that one device with an old password does not lock out
 *   its whole office.
 * - Memory is bounded, and many new addresses cannot push bans out of it: there is a table each for banned and for other
 *   addresses of IPv4, /64 and /48. A full table forgets the record with the oldest strike first.
 */
import {
  checkedOptions,
  given,
  seconds,
  type SettingsTable,
  wholeNumber,
} from "../settings/setting.ts";
import { clockSetting } from "../settings/clock_setting.ts";
import type { Clock } from "../time/clock.ts";
import { countedNetworks, peerKey } from "../transport/address.ts";
import type { BanEngine, BanStanding } from "./ban_engine.ts";
import { BoundedMap } from "../protocol/bounded_map.ts";
import { Networks } from "../transport/networks.ts";

/** When a {@linkcode StrikeBanEngine} bans, and for how long. */
export interface StrikeBanEngineOptions {
  /** Failed attempts that begin a ban; 0 for no bans. 3 by default. */
  readonly strikes?: number;
  /** Seconds after the last failed attempt until the engine forgets all of them. 10 000 by default. */
  readonly seconds?: number;
  /**
   * Addresses and networks (`192.0.2.0/24`, `2001:db8::7`) that are never banned. This machine by default; `[]` exempts
   * nothing, so that bans can be tried on one machine.
   */
  readonly exempt?: readonly string[];
  /** The clock; tests pass one that they move themselves. */
  readonly clock?: Clock;
}

/** The addresses of this machine as the listener counts them. */
export const THIS_MACHINE: readonly string[] = ["127.0.0.0/8", "::1"];

const strikeSettings: SettingsTable<Required<StrikeBanEngineOptions>> = {
  strikes: wholeNumber(0, 1_000_000, 3),
  seconds: seconds(1, 31_536_000, 10_000),
  exempt: given(
    "an array of addresses and networks, such as 192.0.2.0/24",
    (value): value is readonly string[] =>
      Array.isArray(value) && value.every((each) => typeof each === "string"),
    THIS_MACHINE,
  ),
  clock: clockSetting,
};

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
  /** The last attempts that were counted, to recognize repetitions. */
  readonly attempts: BoundedMap<true>;
}

/** A network whose attempts count together, and how many of them ban it. */
interface CountedNetwork {
  readonly key: string;
  readonly limit: number;
}

/** The records of one kind of network. Banned ones have their own map, so that others cannot push them out. */
interface StrikeTable {
  readonly suspects: BoundedMap<StrikeRecord>;
  readonly banned: BoundedMap<StrikeRecord>;
}

/** The most banned records of one kind, and the most others. */
const MOST_RECORDS = 10_000;
/** The most attempts of one record that are recognized when they come again. */
const MOST_ATTEMPTS = 64;

/**
 * Bans an address after three failed attempts, until 10 000 seconds after the last one; both numbers can be set.
 *
 * @example
 * ```ts
 * import { StrikeBanEngine } from "@pop3svc/pop3svc";
 * import { assertEquals } from "@std/assert";
 *
 * const engine = new StrikeBanEngine({ strikes: 1, seconds: 60, exempt: ["192.0.2.0/24"] });
 * engine.registerFailedAttempt("192.0.2.7", null);
 * engine.registerFailedAttempt("198.51.100.7", null);
 * assertEquals(engine.bans(), [{ address: "198.51.100.7", seconds: 60 }]);
 * assertEquals(engine.lift("198.51.100.7"), true);
 * ```
 */
export class StrikeBanEngine implements BanEngine {
  readonly #strikes: number;
  readonly #milliseconds: number;
  readonly #exempt: Networks;
  readonly #clock: Clock;
  readonly #ipv4 = newTable();
  readonly #ipv6Peers = newTable();
  readonly #ipv6Networks = newTable();

  /**
   * Makes an engine without bans.
   *
   * @throws {RangeError} for an option that is not allowed, such as an `exempt` that is no address and no network
   * @throws {TypeError} for one of the wrong kind, or that there is not
   */
  constructor(options: StrikeBanEngineOptions = {}) {
    const { strikes, seconds, clock, exempt } = checkedOptions(strikeSettings, options);
    this.#strikes = strikes;
    this.#milliseconds = 1_000 * seconds;
    this.#exempt = new Networks(exempt);
    this.#clock = clock;
  }

  /** Whether every login from this address is refused. */
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

  /** Counts a failed attempt, unless the same one has failed from this address before. */
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

  /** The present bans. */
  bans(): Ban[] {
    return [this.#ipv4, this.#ipv6Peers, this.#ipv6Networks]
      .flatMap(({ banned }) => [...banned.entries])
      .map(([address, record]) => ({ address, seconds: this.#secondsLeft(record) }))
      .filter(({ seconds }) => seconds > 0);
  }

  /**
   * Lifts a ban: forgets the failed attempts of an address (IPv6: of its /64), and those of the /48 around it if that is
   * banned. A /48, written as {@linkcode bans} lists it, is lifted alone.
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
    if (this.#strikes === 0 || this.#exempt.has(address)) return [];
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
