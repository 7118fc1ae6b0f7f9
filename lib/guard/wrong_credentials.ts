/**
 * What the provider has said no to, for those who wait to ask the same: by keyed digests that are worth nothing outside
 * of this process.
 *
 * It counts for whoever was waiting by then, and for nobody who comes later: a password may be right a moment after it
 * was wrong, and only the provider can know. The one of a users file remembers by the hash what was wrong.
 */
import { BoundedMap } from "../protocol/bounded_map.ts";

const MOST_REMEMBERED = 10_000;

export class WrongCredentials {
  readonly #key = crypto.getRandomValues(new Uint8Array(32));
  /** Which refusal of all was the last of each. */
  readonly #wrong = new BoundedMap<number>(MOST_REMEMBERED);
  #count = 0;

  /** How many refusals there have been. */
  get count(): number {
    return this.#count;
  }

  /** A name for it that tells nothing of it, and is the same for the same. */
  async digestOf(parts: readonly string[]): Promise<string> {
    // Loaded when it is first needed: it would be a third of the start.
    const { createHmac } = await import("node:crypto");
    return createHmac("sha256", this.#key).update(JSON.stringify(parts)).digest("base64");
  }

  add(digest: string): void {
    this.#wrong.set(digest, ++this.#count);
  }

  /** Whether it was refused after so many refusals. */
  hasSince(count: number, digest: string): boolean {
    return (this.#wrong.get(digest) ?? 0) > count;
  }
}
