/**
 * Wraps a transport as the stream that `node:tls` needs below it.
 *
 * It writes what it is given at once: three TLS records at a time, since `node:tls` then waits until they are written.
 * Taking more records at once and writing them together was slower, since it copies them. Asking for the next records before
 * the last ones are written cost as much CPU: a write is done at once unless the peer is slow.
 */
import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

/** A client sends little, and each idle connection holds one buffer of this size. */
const READ_OCTETS = 2_048;
/** The fatal alert `handshake_failure` (RFC 8446 section 6), unencrypted. */
const HANDSHAKE_FAILURE = new Uint8Array([21, 3, 3, 0, 2, 2, 40]);

export class TransportStream extends Duplex {
  readonly #transport: Transport;
  /** How many octets the peer has sent. */
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

  /** Sends an alert, and closes. In Deno, `node:tls` sends none to a client whose first octets it refuses. */
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
