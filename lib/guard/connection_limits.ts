/**
 * How many connections there may be: in total, from one peer, and new ones from one peer in each second. The networks
 * around an IPv6 peer have limits, too: a /56 four times, a /48 sixteen times its own. A peer on this machine may come
 * as often as it likes.
 */
import type { LimitReached } from "../events/connection_events.ts";
import type { Clock } from "../time/clock.ts";
import type { LimitSettings } from "./limit_settings.ts";
import { countedNetworks, isLoopback } from "../transport/address.ts";

/** A part of a peer's share that a connection takes until it is disposed of, or the limit that stands in its way. */
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
  /** How often each network has come in the current second; what that takes is bounded by the second. */
  readonly #arrivals = new Map<string, number>();
  #secondBegan = -Infinity;

  /**
   * @param limits read at each connection, so that they can be changed while the listener runs
   * @param makeRoom gives a place back when all are taken; false where it cannot
   */
  constructor(limits: LimitSettings, clock: Clock, makeRoom: () => boolean = () => false) {
    this.#limits = limits;
    this.#clock = clock;
    this.#makeRoom = makeRoom;
  }

  /** One of the places that there are for all; null when none is to be had. */
  takePlace(): Disposable | null {
    while (this.#total >= this.#limits.maxConnections) {
      if (!this.#makeRoom()) return null;
    }
    this.#total++;
    return once(() => this.#total--);
  }

  /** Whether the peer may have one more connection, which counts until its share is given back. */
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

  /** How often somebody has come from the network in this second, this time included. */
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
