/** Makes digests of secrets with a random key. They are useless outside this process. */
export class KeyedDigest {
  readonly #key = crypto.getRandomValues(new Uint8Array(32));

  /** The digest of a text: equal for equal texts, and it reveals nothing of them. */
  async of(text: string): Promise<string> {
    createHmac ??= (await import("node:crypto")).createHmac;
    return createHmac("sha256", this.#key).update(text).digest("base64");
  }
}

/** Loaded when it is first needed: it would take a third of the time of the start. */
let createHmac: typeof import("node:crypto").createHmac | null = null;
