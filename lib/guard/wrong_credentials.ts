/**
 * What is known to be wrong without asking the provider again, by keyed digests that are worth nothing outside of this
 * process.
 *
 * It is remembered for a minute since the provider said so, and no look at it prolongs that: a password that has been
 * changed, or a new user, is not refused for longer.
 */
import type { Clock } from "../connection/clock.ts";
import { BoundedMap } from "./bounded_map.ts";

const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export class WrongCredentials {
  readonly #clock: Clock;
  readonly #key = crypto.getRandomValues(new Uint8Array(32));
  /** When each was wrong. */
  readonly #wrong = new BoundedMap<number>(MOST_REMEMBERED);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A name for it that tells nothing of it, and is the same for the same. */
  async digestOf(parts: readonly string[]): Promise<string> {
    // Loaded when it is first needed: it would be a third of the start.
    const { createHmac } = await import("node:crypto");
    return createHmac("sha256", this.#key).update(JSON.stringify(parts)).digest("base64");
  }

  add(digest: string): void {
    this.#wrong.set(digest, this.#clock.now());
  }

  has(digest: string): boolean {
    const at = this.#wrong.get(digest);
    return at !== undefined && this.#clock.now() - at < REMEMBERED_MS;
  }
}
