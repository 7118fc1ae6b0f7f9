/** A map that holds so many entries at most; the one that was set longest ago is forgotten first. */
export class BoundedMap<V> {
  readonly #most: number;
  readonly #entries = new Map<string, V>();

  constructor(most: number) {
    this.#most = most;
  }

  /** From the one that was set longest ago to the newest. */
  get entries(): Iterable<readonly [string, V]> {
    return this.#entries;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Sets an entry, which is the newest from then on. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) return;
      this.#entries.delete(oldest);
    }
  }
}
