/**
 * Remembers the credentials that the provider has refused, as keyed digests that are useless outside this process.
 * Attempts that were waiting to try the same credentials are refused, too.
 *
 * For an attempt that begins later, the provider is asked again: a password may be right a moment after it was wrong,
 * and only the provider can know.
 */
import { BoundedMap } from "../protocol/bounded_map.ts";

const MOST_REMEMBERED = 10_000;

export class WrongCredentials {
  /** The number of the last refusal of each digest. */
  readonly #wrong = new BoundedMap<number>(MOST_REMEMBERED);
  #count = 0;

  /** How many refusals there have been. */
  get count(): number {
    return this.#count;
  }

  add(digest: string): void {
    this.#wrong.set(digest, ++this.#count);
  }

  /** Whether the provider has refused it since the count of refusals had this value. */
  hasSince(count: number, digest: string): boolean {
    return (this.#wrong.get(digest) ?? 0) > count;
  }
}
