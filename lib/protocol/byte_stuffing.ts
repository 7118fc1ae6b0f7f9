/** Makes the body of a multi-line reply from the bytes of a message (RFC 1939 section 3). */
import { LineMender } from "./well_formed_lines.ts";

const encoder = new TextEncoder();
const NO_OCTETS = new Uint8Array(0);
/** What may be missing at the end of the last line, and the line with the dot. */
const ENDS = {
  "": encoder.encode(".\r\n"),
  "\n": encoder.encode("\n.\r\n"),
  "\r\n": encoder.encode("\r\n.\r\n"),
} as const;

/** Turns the chunks of one message into well-formed, byte-stuffed lines and the terminator. */
export class ByteStuffer {
  readonly #needsNoLook: boolean;
  readonly #lines = new LineMender();
  #read = 0;
  #ended = 0;
  /** Holds a mended chunk; allocated for the first one that needs it. */
  #scratch = NO_OCTETS;

  /** @param needsNoLook whether every line is known to be well-formed, and none to begin with a dot */
  constructor(needsNoLook = false) {
    this.#needsNoLook = needsNoLook;
  }

  /** Octets of the message so far as POP3 counts them: with CRLF line ends, without byte-stuffing. */
  get octets(): number {
    return this.#read + this.#lines.insertedForLineEnds + this.#ended;
  }

  /** Whether the message so far is sent as it is. */
  get isClean(): boolean {
    return this.#lines.insertedForLineEnds + this.#lines.insertedDots + this.#ended === 0;
  }

  /**
   * The next chunk as the server sends it: the chunk itself where nothing needs mending. The bytes do not change until
   * the next call.
   */
  encode(chunk: Uint8Array): Uint8Array {
    this.#read += chunk.length;
    if (this.#needsNoLook) return chunk;
    const clean = this.#lines.skipClean(chunk);
    if (clean === chunk.length) return chunk;
    const room = 2 * chunk.length + 1;
    if (this.#scratch.length < room) this.#scratch = new Uint8Array(room);
    this.#scratch.set(chunk.subarray(0, clean));
    const mended = this.#lines.mend(chunk.subarray(clean), this.#scratch.subarray(clean));
    return this.#scratch.subarray(0, clean + mended);
  }

  /** What ends the message: its last line end where it lacks one, and the line with the dot. */
  end(): Uint8Array {
    const lineEnd = this.#needsNoLook ? "" : this.#lines.missingLineEnd();
    this.#ended = lineEnd.length;
    return ENDS[lineEnd];
  }
}
