/**
 * Makes lines of the octets of a client (RFC 1939 section 3; a bare LF ends a line, too).
 *
 * - A line beyond the bound is given as `too-long` once, and its rest is thrown away: an endless line cannot fill memory.
 * - Octets after the last line end, when the client goes away, are no command, and are dropped.
 * - A peer that begins with a TLS handshake may never send a line end: its octets are a line as they come.
 * - An idle connection holds one small buffer; a larger one lives only while it is full.
 */
import { CR, LF } from "../protocol/ascii.ts";
import { TLS_HANDSHAKE } from "../session/foreign_protocol.ts";
import type { CommandLine } from "../session/session.ts";
import type { ByteSource } from "../transport/transport.ts";

/**
 * Longest line, without its end. RFC 2449 section 4 asks for 255; a SASL response may be longer (RFC 5034 section 4),
 * and there are bearer tokens of 12 KiB, which makes 16 KiB of base64 and a little more.
 */
export const MAXIMUM_LINE_OCTETS = 20_480;

/** Enough for nearly every command; ten thousand connections hold one each while they wait. */
const SMALL_BUFFER_OCTETS = 128;

/** An async iterator of the lines. A line is a view that stays as it is until the next one is asked for. */
export class LineReader implements AsyncIterableIterator<CommandLine> {
  #source: ByteSource;
  #buffer = new Uint8Array(SMALL_BUFFER_OCTETS);
  #start = 0;
  #end = 0;
  /** How much of the buffer is known to hold no line end, so that no octet is looked at twice. */
  #searched = 0;
  #isDiscarding = false;
  #isFirst = true;
  #hasHeard = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Reads from another source; what was read from the old one and not asked for is thrown away. */
  readFrom(source: ByteSource): void {
    this.#source = source;
    this.#start = this.#end = this.#searched = 0;
    this.#isDiscarding = false;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether the peer has sent anything at all. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Whether a further command is here already, so that its reply can share a write with the one before. */
  get hasLineWaiting(): boolean {
    return this.#lineEnd() !== -1;
  }

  async next(): Promise<IteratorResult<CommandLine>> {
    for (;;) {
      const line = this.#take() ?? this.#takeHandshake();
      if (line !== null) {
        this.#isFirst = false;
        return { value: line, done: false };
      }
      this.#makeRoom();
      const count = await this.#source.read(this.#buffer.subarray(this.#end));
      if (count === null) return { value: undefined, done: true };
      this.#end += count;
      this.#hasHeard = true;
    }
  }

  /** The offset of the next LF, or -1. */
  #lineEnd(): number {
    const found = this.#buffer.subarray(this.#searched, this.#end).indexOf(LF);
    if (found !== -1) return this.#searched + found;
    this.#searched = this.#end;
    return -1;
  }

  #take(): CommandLine | null {
    for (;;) {
      const lineEnd = this.#lineEnd();
      if (lineEnd === -1) break;
      const start = this.#start;
      this.#start = this.#searched = lineEnd + 1;
      if (this.#isDiscarding) {
        this.#isDiscarding = false;
        continue;
      }
      const end = lineEnd > start && this.#buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      return end - start > MAXIMUM_LINE_OCTETS ? "too-long" : this.#buffer.subarray(start, end);
    }
    if (this.#isDiscarding) {
      this.#start = this.#end;
    } else if (this.#end - this.#start > MAXIMUM_LINE_OCTETS + 1) {
      this.#start = this.#end;
      this.#isDiscarding = true;
      return "too-long";
    }
    return null;
  }

  #takeHandshake(): CommandLine | null {
    const octets = this.#buffer.subarray(this.#start, this.#end);
    if (!this.#isFirst || octets[0] !== TLS_HANDSHAKE) return null;
    this.#start = this.#searched = this.#end;
    return octets;
  }

  /** Makes the buffer ready for the next read: what is left goes to its start, its size follows the need. */
  #makeRoom(): void {
    const left = this.#buffer.subarray(this.#start, this.#end);
    if (left.length === 0 && this.#buffer.length > SMALL_BUFFER_OCTETS) {
      this.#buffer = new Uint8Array(SMALL_BUFFER_OCTETS);
    } else if (left.length === this.#buffer.length) {
      this.#buffer = new Uint8Array(2 * left.length);
      this.#buffer.set(left);
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = this.#searched = left.length;
  }
}
