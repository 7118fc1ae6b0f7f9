/**
 * Recognizes connections that this process makes to its own ports, to find out whether an address is covered by a port
 * that is open: on most systems a port on `::` takes IPv4 connections, too, so that no other port can be opened there.
 */
import type { Clock } from "../time/clock.ts";
import type { Arrival } from "./accept_loop.ts";
import { unmapped } from "./address.ts";

/** How long a connection of ours may take to arrive: another program may have the port, and answer nothing. */
const LONGEST_MS = 1_000;

export class OwnArrivals {
  readonly #clock: Clock;
  /** What has arrived during the attempt that goes on: the address of our connection is known only once it is made. */
  #held: Map<string, { readonly arrival: Arrival; readonly serve: () => void }> | null = null;
  #wake: () => void = () => {};
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Serves an arrival; while an attempt goes on, only after it, and only if it is not ours. */
  receive(arrival: Arrival, serve: () => void): void {
    if (this.#held === null) return serve();
    this.#held.set(keyOf(arrival.address, arrival.port), { arrival, serve });
    this.#wake();
  }

  /** Whether a connection to this address arrives here. One attempt waits for the other. */
  hasArrived(hostname: string, port: number): Promise<boolean> {
    const attempt = this.#last.then(() => this.#attempt(hostname, port));
    this.#last = attempt;
    return attempt;
  }

  async #attempt(hostname: string, port: number): Promise<boolean> {
    const held = this.#held = new Map();
    const limit = new AbortController();
    using _timer = this.#clock.after(LONGEST_MS, () => {
      limit.abort();
      this.#wake();
    });
    try {
      using connection = await Deno.connect({ hostname, port, signal: limit.signal });
      const { localAddr } = connection;
      const key = keyOf(localAddr.hostname, localAddr.port);
      while (!held.has(key) && !limit.signal.aborted) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
      held.get(key)?.arrival.transport.close();
      return held.delete(key);
    } catch {
      return false;
    } finally {
      this.#held = null;
      for (const { serve } of held.values()) serve();
    }
  }
}

function keyOf(address: string, port: number): string {
  return `${unmapped(address)} ${port}`;
}
