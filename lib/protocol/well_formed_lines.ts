/**
 * Where a message must be mended so that it can be sent (RFC 1939 section 3, RFC 5322 section 2.1).
 *
 * Its rules, which the size of a message and the bytes on the wire share because both are made here:
 * - A line ends with CRLF. A bare LF gets its CR, a bare CR its LF; a last line without an end gets one.
 * - A line that begins with a dot gets a second one (byte-stuffing); that dot does not count in the size.
 * - No other octet is touched: 8-bit, NUL and lines of any length pass.
 * - An empty message has no line and stays empty.
 *
 * A message comes in chunks with borders anywhere, also between CR and LF.
 */
import { CR, DOT, LF } from "./ascii.ts";

/** Octets to put in front of the octet at an offset of a chunk. */
interface Mend {
  /** Offset in the chunk; its length for "behind the last octet". */
  readonly at: number;
  /** CR, LF or DOT. */
  readonly insert: number;
}

/** Follows the lines of one message through its chunks and says where each must be mended. */
export class LineMender {
  #atLineStart = true;
  #afterCr = false;
  #isEmpty = true;

  /** The mends of the next chunk, in order; most chunks of most messages need none. */
  mendsOf(chunk: Uint8Array): readonly Mend[] {
    const mends: Mend[] = [];
    let atLineStart = this.#atLineStart;
    let afterCr = this.#afterCr;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at];
      if (octet === LF) {
        if (!afterCr) mends.push({ at, insert: CR });
        afterCr = false;
        atLineStart = true;
        continue;
      }
      if (afterCr) {
        mends.push({ at, insert: LF });
        atLineStart = true;
      }
      if (octet === DOT && atLineStart) mends.push({ at, insert: DOT });
      atLineStart = false;
      afterCr = octet === CR;
    }
    this.#atLineStart = atLineStart;
    this.#afterCr = afterCr;
    if (chunk.length > 0) this.#isEmpty = false;
    return mends;
  }

  /** What the last line still needs to be a line. */
  missingLineEnd(): "" | "\n" | "\r\n" {
    if (this.#afterCr) return "\n";
    return this.#atLineStart || this.#isEmpty ? "" : "\r\n";
  }
}

/** The size of a message as POP3 counts it: octets with CRLF line ends, without byte-stuffing (RFC 1939 section 11). */
export class OctetCounter {
  readonly #lines = new LineMender();
  #octets = 0;
  #isClean = true;

  /** Counts the next chunk. */
  add(chunk: Uint8Array): void {
    this.#octets += chunk.length;
    for (const { insert } of this.#lines.mendsOf(chunk)) {
      this.#isClean = false;
      if (insert !== DOT) this.#octets++;
    }
  }

  /** The size, once all chunks were counted. */
  get octets(): number {
    return this.#octets + this.#lines.missingLineEnd().length;
  }

  /** Is the message, as it lies there, what goes over the wire? */
  get isClean(): boolean {
    return this.#isClean && this.#lines.missingLineEnd() === "";
  }
}
