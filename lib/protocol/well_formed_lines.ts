/**
 * Mends a message so that it can be sent (RFC 1939 section 3, RFC 5322 section 2.1).
 *
 * The size of a message and the bytes on the wire follow the same rules, because both come from here:
 * - A line ends with CRLF. A bare LF gets its CR, a bare CR its LF; a last line without an end gets one.
 * - A line that begins with a dot gets a second one (byte-stuffing); that dot does not count in the size.
 * - No other octet changes: 8-bit, NUL and lines of any length pass.
 * - An empty message has no line and stays empty.
 *
 * Chunks may end anywhere, also between CR and LF. Every octet of every message passes through the two loops of
 * LineMender, so these are WebAssembly (line_mender/), which looks at sixteen octets at once.
 */
import { INPUT_OCTETS, type Loops, loops } from "./line_mender/loops.ts";

/** Follows the lines of one message through its chunks, and mends each. */
export class LineMender {
  #atLineStart = true;
  #afterCr = false;
  #isEmpty = true;
  #insertedForLineEnds = 0;
  #insertedDots = 0;

  /** Octets that were inserted so far to end lines. */
  get insertedForLineEnds(): number {
    return this.#insertedForLineEnds;
  }

  /** Dots that were inserted so far. */
  get insertedDots(): number {
    return this.#insertedDots;
  }

  /**
   * Reads the next chunk up to the first place that needs mending.
   *
   * @returns the offset of that place; the length of the chunk if there is none
   */
  skipClean(chunk: Uint8Array): number {
    const machine = loops();
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + INPUT_OCTETS);
      this.#give(machine, part);
      const clean = machine.skipClean(part.length);
      this.#take(machine);
      if (clean > 0) this.#isEmpty = false;
      at += clean;
      if (clean < part.length) return at;
    }
    return chunk.length;
  }

  /**
   * Mends octets.
   *
   * @param into receives the mended octets; it has room for twice as many as there are, and one more
   * @returns how many octets were written
   */
  mend(octets: Uint8Array, into: Uint8Array): number {
    const machine = loops();
    let written = 0;
    for (let at = 0; at < octets.length; at += INPUT_OCTETS) {
      const part = octets.subarray(at, at + INPUT_OCTETS);
      this.#give(machine, part);
      const mended = machine.mend(part.length);
      this.#take(machine);
      into.set(machine.output.subarray(0, mended), written);
      written += mended;
      this.#insertedForLineEnds += machine.insertedForLineEnds.value;
      this.#insertedDots += machine.insertedDots.value;
    }
    if (octets.length > 0) this.#isEmpty = false;
    return written;
  }

  #give({ input, atLineStart, afterCr }: Loops, octets: Uint8Array): void {
    input.set(octets);
    atLineStart.value = Number(this.#atLineStart);
    afterCr.value = Number(this.#afterCr);
  }

  #take({ atLineStart, afterCr }: Loops): void {
    this.#atLineStart = atLineStart.value !== 0;
    this.#afterCr = afterCr.value !== 0;
  }

  /** The octets that the last line still needs, to end with CRLF. */
  missingLineEnd(): "" | "\n" | "\r\n" {
    if (this.#afterCr) return "\n";
    return this.#atLineStart || this.#isEmpty ? "" : "\r\n";
  }
}

/** How many octets are mended at once, only to count: a message that needs mending once mostly needs it again. */
const DIRTY_OCTETS = 16_384;
const scratch = new Uint8Array(2 * DIRTY_OCTETS + 1);

/** The size of a message as POP3 counts it: octets with CRLF line ends, without byte-stuffing (RFC 1939 section 11). */
export class OctetCounter {
  readonly #lines = new LineMender();
  #octets = 0;

  /** Counts the next chunk. */
  add(chunk: Uint8Array): void {
    this.#octets += chunk.length;
    for (let rest = chunk; rest.length > 0;) {
      rest = rest.subarray(this.#lines.skipClean(rest));
      // Mends some octets, and counts what that inserts; nobody needs the result. Then clean octets are skipped again.
      const dirty = rest.subarray(0, DIRTY_OCTETS);
      this.#lines.mend(dirty, scratch);
      rest = rest.subarray(dirty.length);
    }
  }

  /** The size, once all chunks are counted. */
  get octets(): number {
    const { insertedForLineEnds } = this.#lines;
    return this.#octets + insertedForLineEnds + this.#lines.missingLineEnd().length;
  }

  /** Whether the server sends the message exactly as it is stored. */
  get isClean(): boolean {
    const { insertedForLineEnds, insertedDots } = this.#lines;
    return insertedForLineEnds + insertedDots === 0 && this.#lines.missingLineEnd() === "";
  }
}
