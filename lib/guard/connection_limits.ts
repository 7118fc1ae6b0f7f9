/**
 * How many connections there may be: in total, from one peer, and new ones from one peer in each second. A peer
 * on this machine may come as often as it likes.
 */
import type { Clock } from "../connection/clock.ts";
import { isLoopback, peerKey } from "./address.ts";

/** A limit that stands in the way of a connection. */
export type LimitReached =
  | "max-connections"
  | "max-connections-per-ip"
  | "max-connection-rate-per-ip";

/** A place that a connection takes until it is disposed of, or the limit that stands in its way. */
export type Admission =
  | { readonly type: "admitted"; readonly place: Disposable }
  | { readonly type: "refused"; readonly reason: LimitReached };

/** The limits of a listener. */
export interface Limits {
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxConnectionRatePerIp: number;
}

const SECOND_MS = 1_000;

/** Counts the connections of a listener. */
export class ConnectionLimits {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #byPeer = new Map<string, number>();
  #total = 0;
  /** How often each peer has come in the current second; what that takes is bounded by the second. */
  readonly #arrivals = new Map<string, number>();
  #secondBegan = -Infinity;

  /** @param limits read at each connection, so that they can be changed while the listener runs */
  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  admit(address: string): Admission {
    const peer = peerKey(address);
    const ofPeer = this.#byPeer.get(peer) ?? 0;
    if (this.#total >= this.#limits.maxConnections) {
      return { type: "refused", reason: "max-connections" };
    }
    if (ofPeer >= this.#limits.maxConnectionsPerIp) {
      return { type: "refused", reason: "max-connections-per-ip" };
    }
    if (!isLoopback(address) && this.#arrival(peer) > this.#limits.maxConnectionRatePerIp) {
      return { type: "refused", reason: "max-connection-rate-per-ip" };
    }
    this.#total++;
    this.#byPeer.set(peer, ofPeer + 1);
    return {
      type: "admitted",
      place: { [Symbol.dispose]: () => this.#leave(peer) },
    };
  }

  /** How often the peer has come in this second, this time included. */
  #arrival(peer: string): number {
    const now = this.#clock.now();
    if (now - this.#secondBegan >= SECOND_MS) {
      this.#secondBegan = now;
      this.#arrivals.clear();
    }
    const count = (this.#arrivals.get(peer) ?? 0) + 1;
    this.#arrivals.set(peer, count);
    return count;
  }

  #leave(peer: string): void {
    this.#total--;
    const ofPeer = (this.#byPeer.get(peer) ?? 1) - 1;
    if (ofPeer === 0) this.#byPeer.delete(peer);
    else this.#byPeer.set(peer, ofPeer);
  }
}
