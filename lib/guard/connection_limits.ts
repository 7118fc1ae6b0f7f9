/**
 * Limits the connections in total, those of one peer, and the new ones of one peer in each second. The networks around an
 * IPv6 peer have limits, too: a /56 four times, a /48 sixteen times the peer's own. Peers on this machine have no limit of
 * new connections.
 */
import type { LimitReached } from "../events/connection_events.ts";
import type { Clock } from "../time/clock.ts";
import type { LimitSettings } from "./limit_settings.ts";
import { countedNetworks, isLoopback } from "../transport/address.ts";

/** Either a connection's share of its peer's limit, which it holds until disposal; or the limit that refuses it. */
export type Admission =
  | { readonly type: "admitted"; readonly share: Disposable }
  | { readonly type: "refused"; readonly reason: LimitReached };

const SECOND_MS = 1_000;

/** Counts the connections of a listener. */
export class ConnectionLimits {
  readonly #limits: LimitSettings;
  readonly #clock: Clock;
  readonly #makeRoom: () => boolean;
  readonly #byNetwork = new Map<string, number>();
  #total = 0;
  /** New connections of each network in the current second. Cleared each second, which bounds its memory. */
  readonly #arrivals = new Map<string, number>();
  #secondBegan = -Infinity;

  /**
   * @param limits read at each connection, so that they can be changed while the listener runs
   * @param makeRoom frees a place when all are taken; returns whether that was possible
   */
  constructor(limits: LimitSettings, clock: Clock, makeRoom: () => boolean = () => false) {
    this.#limits = limits;
    this.#clock = clock;
    this.#makeRoom = makeRoom;
  }

  /** Takes one of the places that all connections share; null when all are taken. */
  takePlace(): Disposable | null {
    while (this.#total >= this.#limits.maxConnections) {
      if (!this.#makeRoom()) return null;
    }
    this.#total++;
    return once(() => this.#total--);
  }

  /** Whether the peer may open one more connection, which counts until its share is disposed of. */
  admit(address: string): Admission {
    const { maxConnectionsPerIp, maxConnectionRatePerIp } = this.#limits;
    const networks = countedNetworks(address);
    if (networks.some(({ key, peers }) => this.#held(key) >= peers * maxConnectionsPerIp)) {
      return { type: "refused", reason: "max-connections-per-ip" };
    }
    if (!isLoopback(address)) {
      const arrivals = networks.map(({ key }) => this.#arrival(key));
      if (networks.some(({ peers }, i) => (arrivals[i] ?? 0) > peers * maxConnectionRatePerIp)) {
        return { type: "refused", reason: "max-connection-rate-per-ip" };
      }
    }
    for (const { key } of networks) this.#byNetwork.set(key, this.#held(key) + 1);
    return {
      type: "admitted",
      share: once(() => {
        for (const { key } of networks) this.#leave(key);
      }),
    };
  }

  #held(network: string): number {
    return this.#byNetwork.get(network) ?? 0;
  }

  /** The new connections of the network in this second, this one included. */
  #arrival(network: string): number {
    const now = this.#clock.now();
    if (now - this.#secondBegan >= SECOND_MS) {
      this.#secondBegan = now;
      this.#arrivals.clear();
    }
    const count = (this.#arrivals.get(network) ?? 0) + 1;
    this.#arrivals.set(network, count);
    return count;
  }

  #leave(network: string): void {
    const left = this.#held(network) - 1;
    if (left <= 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, left);
  }
}

function once(leave: () => void): Disposable {
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      if (isHeld) leave();
      isHeld = false;
    },
  };
}
