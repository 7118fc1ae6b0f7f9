/** Digests of secrets under a random key, which are worth nothing outside this process. */
export class KeyedDigest {
  readonly #key = crypto.getRandomValues(new Uint8Array(32));

  /** Equal for equal values; reveals nothing of them. */
  async of(values: readonly unknown[]): Promise<string> {
    // Loaded when it is first needed: it would be a third of the start.
    const { createHmac } = await import("node:crypto");
    return createHmac("sha256", this.#key).update(JSON.stringify(values)).digest("base64");
  }
}
