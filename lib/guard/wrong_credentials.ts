/**
 * The credentials that the provider has refused, as keyed digests that are useless outside of this process: attempts that
 * were waiting to try the same are refused, too.
 *
 * An attempt that begins later is put to the provider again: a password may be right a moment after it was wrong, and only
 * the provider can know.
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

  /** Whether it has been refused since the count of refusals was this one. */
  hasSince(count: number, digest: string): boolean {
    return (this.#wrong.get(digest) ?? 0) > count;
  }
}
