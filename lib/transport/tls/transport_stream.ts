/**
 * A transport as the stream that `node:tls` wants beneath it.
 *
 * It gathers nothing: `node:tls` hands over three TLS records at a time and waits until they are written. To take more
 * of them at once and write them together was slower, since it copies them.
 */
import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

/** A client says little; an idle connection holds one buffer of this size. */
const READ_OCTETS = 2_048;
/** The fatal alert `handshake_failure` (RFC 8446 section 6), in clear. */
const HANDSHAKE_FAILURE = new Uint8Array([21, 3, 3, 0, 2, 2, 40]);

export class TransportStream extends Duplex {
  readonly #transport: Transport;
  /** Octets that the peer has sent. */
  bytesRead = 0;
  #hasWritten = false;

  constructor(transport: Transport) {
    super();
    this.#transport = transport;
  }

  override _read(): void {
    const buffer = new Uint8Array(READ_OCTETS);
    this.#transport.read(buffer).then(
      (count) => {
        this.bytesRead += count ?? 0;
        this.push(count === null ? null : buffer.subarray(0, count));
      },
      (error) => this.destroy(error),
    );
  }

  override _write(
    octets: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#hasWritten = true;
    this.#writeAll(octets).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#transport.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.bytesRead > 0 && !this.#hasWritten) this.#refuse();
    else this.#transport.close();
    done(error);
  }

  /** Whose first words are refused gets no alert from `node:tls` in Deno, and would not know why it ends. */
  #refuse(): void {
    const close = () => this.#transport.close();
    this.#transport.write(HANDSHAKE_FAILURE).then(close, close);
  }

  async #writeAll(octets: Uint8Array): Promise<void> {
    for (let written = 0; written < octets.length;) {
      written += await this.#transport.write(octets.subarray(written));
    }
  }
}
