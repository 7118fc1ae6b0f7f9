import type { Clock } from "../lib/time/clock.ts";
import { type Pop3Event, Pop3Listener, type Pop3ListenerOptions } from "../lib/mod.ts";

type EventOf<T extends Pop3Event["type"]> = Extract<Pop3Event, { type: T }>;

/** A listener that keeps its events, so that a test can wait for them. */
export class ObservedListener extends Pop3Listener {
  readonly seen: Pop3Event[] = [];
  #wake: () => void = () => {};

  constructor(options: Pop3ListenerOptions, clock?: Clock) {
    super({ ...options, ...(clock === undefined ? {} : { clock }) });
    this.onEvent = (event) => {
      this.seen.push(event);
      this.#wake();
    };
  }

  /** The events of one type so far. */
  all<T extends Pop3Event["type"]>(type: T): EventOf<T>[] {
    return this.seen.filter((event): event is EventOf<T> => event.type === type);
  }

  /** Waits until there are `count` events of one type, and gives the last. */
  async until<T extends Pop3Event["type"]>(type: T, count = 1): Promise<EventOf<T>> {
    for (;;) {
      const event = this.all(type)[count - 1];
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
