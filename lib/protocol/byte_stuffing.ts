/** The body of a multi-line reply, from the bytes of a message (RFC 1939 section 3). */
import { DOT } from "./ascii.ts";
import { LineMender } from "./well_formed_lines.ts";

const encoder = new TextEncoder();

/** Turns the chunks of one message into well-formed, byte-stuffed lines and the terminator. */
export class ByteStuffer {
  readonly #lines = new LineMender();
  #octets = 0;

  /** Octets of the message so far as POP3 counts them: with CRLF line ends, without byte-stuffing. */
  get octets(): number {
    return this.#octets;
  }

  /** The next chunk as it goes over the wire; the chunk itself where nothing is to be mended. */
  encode(chunk: Uint8Array): Uint8Array {
    const mends = this.#lines.mendsOf(chunk);
    this.#octets += chunk.length;
    if (mends.length === 0) return chunk;
    const encoded = new Uint8Array(chunk.length + mends.length);
    let read = 0;
    let written = 0;
    for (const { at, insert } of mends) {
      if (insert !== DOT) this.#octets++;
      encoded.set(chunk.subarray(read, at), written);
      written += at - read;
      encoded[written++] = insert;
      read = at;
    }
    encoded.set(chunk.subarray(read), written);
    return encoded;
  }

  /** What ends the message: its last line end where it lacks one, and the line with the dot. */
  end(): Uint8Array {
    const lineEnd = this.#lines.missingLineEnd();
    this.#octets += lineEnd.length;
    return encoder.encode(`${lineEnd}.\r\n`);
  }
}
