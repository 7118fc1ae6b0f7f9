/**
 * Makes lines of the octets of a client (RFC 1939 section 3; a bare LF ends a line, too).
 *
 * - A line beyond the bound is given as `too-long` once, and its rest is thrown away: an endless line cannot fill memory.
 * - Octets after the last line end, when the client goes away, are no command, and are dropped.
 * - A peer that begins with a TLS handshake may never send a line end: its octets are a line as they come.
 * - An idle connection holds one small buffer; a larger one lives only while it is full.
 * - While a reply takes long, the reader reads on: a peer that resets its connection is noticed then, and not when the
 *   reply is sent.
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

const decoder = new TextDecoder("latin1");

/** Enough for nearly every command; ten thousand connections hold one each while they wait. */
const SMALL_BUFFER_OCTETS = 128;

/** Octets that may wait while a reply is made. */
const MOST_AHEAD_OCTETS = 65_536;

/** Hears how the peer leaves, whatever the connection is doing then. */
export interface PeerWatch {
  /** The peer has ended its side (FIN): it may still read. */
  peerEnded(): void;
  /** The connection was reset, or cannot be read any more. */
  peerGone(): void;
}

/** An async iterator of the lines. A line is a view that stays as it is until the next one is asked for. */
export class LineReader implements AsyncIterableIterator<CommandLine> {
  #source: ByteSource;
  readonly #watch: PeerWatch | null;
  #buffer = new Uint8Array(SMALL_BUFFER_OCTETS);
  #start = 0;
  #end = 0;
  /** How much of the buffer is known to hold no line end, so that no octet is looked at twice. */
  #searched = 0;
  #isDiscarding = false;
  #isFirst = true;
  #hasHeard = false;
  /** The read that is going on. */
  #reading: Promise<void> | null = null;
  /** How far the reader reads on by itself; null while somebody waits for the next line. */
  #ahead: "to-stls" | "all" | null = null;
  #isEnded = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(source: ByteSource, watch: PeerWatch | null = null) {
    this.#source = source;
    this.#watch = watch;
  }

  /** Reads from another source; what was read from the old one and not asked for is thrown away. */
  readFrom(source: ByteSource): void {
    this.#source = source;
    this.#start = this.#end = this.#searched = 0;
    this.#isDiscarding = false;
    this.#reading = null;
    this.#ahead = null;
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
    this.#ahead = null;
    for (;;) {
      const line = this.#take() ?? this.#takeHandshake();
      if (line !== null) {
        this.#isFirst = false;
        return { value: line, done: false };
      }
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#isEnded) return { value: undefined, done: true };
      await (this.#reading ?? this.#read());
    }
  }

  /**
   * Reads on until `next` is called. It overwrites the line that `next` gave: its reader must have taken what it needs.
   *
   * @param extent `to-stls`: no further than to a line with STLS, which a TLS handshake may follow
   */
  readAhead(extent: "to-stls" | "all"): void {
    this.#ahead = extent;
    this.#readOn();
  }

  /** Throws away whatever the peer still sends, until it has ended its side. */
  async drain(): Promise<void> {
    this.#ahead = null;
    while (!this.#isEnded && this.#failure === null) {
      this.#start = this.#searched = this.#end;
      await (this.#reading ?? this.#read());
    }
  }

  #readOn(): void {
    if (this.#ahead === null || this.#reading !== null || this.#isEnded) return;
    if (this.#failure !== null || this.#end - this.#start >= MOST_AHEAD_OCTETS) return;
    if (this.#ahead === "to-stls" && this.#holdsStls()) return;
    this.#read();
  }

  #read(): Promise<void> {
    this.#makeRoom();
    return this.#reading = this.#readFrom(this.#source);
  }

  /** One read. Never rejects: what was read, and what failed, is kept. */
  async #readFrom(source: ByteSource): Promise<void> {
    let count: number | null = null;
    try {
      count = await source.read(this.#buffer.subarray(this.#end));
    } catch (error) {
      if (source !== this.#source) return;
      this.#failure = { error };
    }
    if (source !== this.#source) return;
    this.#reading = null;
    if (count !== null) {
      this.#end += count;
      this.#hasHeard = true;
      return this.#readOn();
    }
    this.#isEnded = this.#failure === null;
    if (this.#ahead === null) return;
    if (this.#isEnded) this.#watch?.peerEnded();
    else this.#watch?.peerGone();
  }

  #holdsStls(): boolean {
    const waiting = decoder.decode(this.#buffer.subarray(this.#start, this.#end));
    return /^[ \t]*stls[ \t]*\r?\n/im.test(waiting);
  }

  /** The offset of the LF that ends the next line, or -1. */
  #lineEnd(): number {
    const found = this.#nextLf();
    if (!this.#isDiscarding) return found;
    // What ends here is the line that was too long.
    this.#start = this.#searched = found === -1 ? this.#end : found + 1;
    this.#isDiscarding = found === -1;
    return this.#nextLf();
  }

  #nextLf(): number {
    // After the end, the buffer still holds octets of earlier lines.
    const found = this.#buffer.indexOf(LF, this.#searched);
    if (found !== -1 && found < this.#end) return found;
    this.#searched = this.#end;
    return -1;
  }

  #take(): CommandLine | null {
    const lineEnd = this.#lineEnd();
    const start = this.#start;
    if (lineEnd !== -1) {
      this.#start = this.#searched = lineEnd + 1;
      const end = lineEnd > start && this.#buffer[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      return end - start > MAXIMUM_LINE_OCTETS ? "too-long" : this.#buffer.subarray(start, end);
    }
    if (this.#end - start <= MAXIMUM_LINE_OCTETS + 1) return null;
    this.#start = this.#end;
    this.#isDiscarding = true;
    return "too-long";
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
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = left.length;
  }
}
