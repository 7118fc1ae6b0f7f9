/** How many connections there may be, in total and from one peer. */
import { peerKey } from "./address.ts";

/** A place that a connection takes until it is disposed of, or the limit that stands in its way. */
export type Admission =
  | { readonly type: "admitted"; readonly place: Disposable }
  | {
    readonly type: "refused";
    readonly reason: "max-connections" | "max-connections-per-ip";
  };

/** Counts the connections of a listener. */
export class ConnectionLimits {
  readonly #limits: {
    readonly maxConnections: number;
    readonly maxConnectionsPerIp: number;
  };
  readonly #byPeer = new Map<string, number>();
  #total = 0;

  /** @param limits read at each connection, so that they can be changed while the listener runs */
  constructor(
    limits: {
      readonly maxConnections: number;
      readonly maxConnectionsPerIp: number;
    },
  ) {
    this.#limits = limits;
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
    this.#total++;
    this.#byPeer.set(peer, ofPeer + 1);
    return {
      type: "admitted",
      place: { [Symbol.dispose]: () => this.#leave(peer) },
    };
  }

  #leave(peer: string): void {
    this.#total--;
    const ofPeer = (this.#byPeer.get(peer) ?? 1) - 1;
    if (ofPeer === 0) this.#byPeer.delete(peer);
    else this.#byPeer.set(peer, ofPeer);
  }
}
