/** A body in chunks as they are stored: all are full, except the last. What has been read is counted. */
import { octetsOrThrow } from "../../provider/bodies.ts";
import type { MessageBody } from "../../protocol/reply.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { CHUNK_OCTETS } from "./message_body.ts";

export class Chunks {
  readonly #body: MessageBody;
  readonly #counter = new OctetCounter();
  /** What the body has given and is in no chunk yet. */
  #rest: Uint8Array | null = new Uint8Array();

  constructor(body: MessageBody) {
    this.#body = body;
  }

  /** Whether all of the body is in the chunks so far. */
  get isAtEnd(): boolean {
    return this.#rest === null;
  }

  /** The size of what was read, as POP3 counts it. */
  get octets(): number {
    return this.#counter.octets;
  }

  /** Whether what was read is sent as it is stored. */
  get isClean(): boolean {
    return this.#counter.isClean;
  }

  /** The next chunk; null at the end. */
  async next(): Promise<Uint8Array | null> {
    const buffer = new Uint8Array(CHUNK_OCTETS);
    let filled = 0;
    while (this.#rest !== null) {
      const part = this.#rest.subarray(0, CHUNK_OCTETS - filled);
      buffer.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (this.#rest.length > 0) return buffer;
      this.#rest = octetsOrThrow(await this.#body.nextChunk());
      if (this.#rest !== null) this.#counter.add(this.#rest);
    }
    return filled === 0 ? null : buffer.subarray(0, filled);
  }
}
