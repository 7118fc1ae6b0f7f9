import { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

/** A client says little; an idle connection holds one buffer of this size. */
const READ_OCTETS = 2_048;

/** A line to a peer as the stream that `node:tls` wants beneath it. */
export class TransportStream extends Duplex {
  readonly #line: Transport;
  /** Octets that the peer has sent, as a `Socket` of `node:net` counts them. */
  bytesRead = 0;

  constructor(line: Transport) {
    super();
    this.#line = line;
  }

  override _read(): void {
    const buffer = new Uint8Array(READ_OCTETS);
    this.#line.read(buffer).then(
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
    this.#writeAll(octets).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#line.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#line.close();
    done(error);
  }

  async #writeAll(octets: Uint8Array): Promise<void> {
    for (let written = 0; written < octets.length;) {
      written += await this.#line.write(octets.subarray(written));
    }
  }
}
