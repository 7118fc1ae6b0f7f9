/**
 * Writes replies to a peer, in few writes.
 *
 * - Replies are gathered until `flush`, so one that fits leaves in one write, and pipelined commands are
 *   answered together. The last bytes of a message and its terminator always leave together.
 * - A peer that does not read makes `write` wait, and the mailbox with it: never more than one buffer and one
 *   chunk of a message are in memory for it.
 * - Buffers are shared by all connections; one that has nothing to send holds none.
 */
import { putAscii } from "../protocol/ascii.ts";
import { ByteStuffer } from "../protocol/byte_stuffing.ts";
import { NumberedLines } from "../protocol/numbered_lines.ts";
import {
  type Awaitable,
  challengeLine,
  COUNTED,
  isClean,
  isCounted,
  type MessageBody,
  type MessageReply,
  type Reply,
  statusLine,
  then,
} from "../protocol/reply.ts";
import { TimeSlice } from "../time/time_slice.ts";
import { nextChunk } from "./next_chunk.ts";
import { BUFFER_OCTETS, keepBuffer, takeBuffer } from "./spare_buffers.ts";
import type { ByteSink } from "../transport/transport.ts";

/** Longest stretch of a list that is written before yielding to the event loop. */
const SLICE_MS = 0.5;
/** How many lines of a list are written between two looks at the clock. */
const LINES_AT_ONCE = 1_024;
const TERMINATOR = new TextEncoder().encode(".\r\n");
const encoder = new TextEncoder();

/** Hears of each write, which may wait for the peer. */
export interface WriteWatch {
  beforeWrite(): void;
  afterWrite(octets: number): void;
}

/** A message that was not handed to the system whole yet. */
interface UnsentMessage {
  octets: number;
  /** Whether the rest of it waits for the next `flush`. */
  isRead: boolean;
  readonly sent: MessageReply["sent"];
}

/** Writes the replies of one connection, one after the other. */
export class ReplyWriter {
  #sink: ByteSink;
  readonly #watch: WriteWatch | null;
  #buffer: Uint8Array | null = null;
  #used = 0;
  #isWriting = false;
  /** Writes that wait for their turn. */
  readonly #waiting: (() => void)[] = [];
  #octetsSent = 0;
  #messagesSent = 0;
  readonly #unsent = new Set<UnsentMessage>();

  constructor(sink: ByteSink, watch: WriteWatch | null = null) {
    this.#sink = sink;
    this.#watch = watch;
  }

  /** Goes on with another sink, once everything was flushed. */
  writeTo(sink: ByteSink): void {
    this.#sink = sink;
  }

  /** Octets that were written. */
  get octetsSent(): number {
    return this.#octetsSent;
  }

  /** Messages that were begun. */
  get messagesSent(): number {
    return this.#messagesSent;
  }

  /** Takes one reply; it has left when `flush` is done. */
  add(reply: Reply): Awaitable<void> {
    switch (reply.type) {
      case "ok":
      case "error":
      case "start-tls":
        return this.#addLine(statusLine(reply));
      case "challenge":
        return this.#addLine(challengeLine(reply));
      case "listing":
        return then(this.#addLine(statusLine(reply)), () => this.#addLines(reply.lines));
      case "message":
        return this.#addWhole(reply);
    }
  }

  async #addWhole(reply: MessageReply): Promise<void> {
    const unsent = { octets: 0, isRead: false, sent: reply.sent };
    try {
      this.#messagesSent++;
      this.#unsent.add(unsent);
      await this.#addLine(statusLine(reply));
      await this.#addMessage(reply.body, unsent);
      unsent.isRead = true;
    } finally {
      if (!unsent.isRead) this.#report(unsent, false);
      await reply.body.close();
    }
  }

  /** Writes whatever is gathered. */
  async flush(): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === null) return;
    const used = this.#used;
    this.#buffer = null;
    this.#used = 0;
    const whole = [...this.#unsent].filter(({ isRead }) => isRead);
    await this.#write(buffer.subarray(0, used));
    for (const message of whole) this.#report(message, true);
    // A buffer whose write failed is not used again: the runtime may hold it still.
    keepBuffer(buffer);
  }

  /** The connection is over: reports the messages that were not sent whole. */
  breakOff(): void {
    for (const message of this.#unsent) this.#report(message, false);
  }

  #report(message: UnsentMessage, isComplete: boolean): void {
    if (this.#unsent.delete(message)) message.sent?.(message.octets, isComplete);
  }

  /** One write after the other: what is ready may be sent while a chunk of the same message is awaited. */
  async #write(octets: Uint8Array): Promise<void> {
    while (this.#isWriting) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isWriting = true;
    try {
      for (let written = 0; written < octets.length;) {
        this.#watch?.beforeWrite();
        const count = await this.#sink.write(written === 0 ? octets : octets.subarray(written));
        this.#watch?.afterWrite(count);
        written += count;
        this.#octetsSent += count;
      }
    } finally {
      this.#isWriting = false;
      this.#waiting.shift()?.();
    }
  }

  #addLine(line: string): Awaitable<void> {
    // A code unit has at most three octets of UTF-8.
    if (this.#used + 3 * line.length > BUFFER_OCTETS) {
      return this.flush().then(() => this.#putLine(line));
    }
    this.#putLine(line);
  }

  #putLine(line: string): void {
    const buffer = this.#withRoomFor(3 * line.length);
    this.#used += putAscii(line, buffer, this.#used) ??
      encoder.encodeInto(line, buffer.subarray(this.#used)).written;
  }

  /** Lets others run in between: a list may have as many lines as there are messages. */
  async #addLines(lines: Iterable<string>): Promise<void> {
    const slice = new TimeSlice(SLICE_MS);
    let count = 0;
    const numbered = lines instanceof NumberedLines ? lines : null;
    for (const next of numbered?.numbers ?? lines) {
      if (++count % LINES_AT_ONCE === 0) await slice.pause();
      if (typeof next === "string") await this.#addLine(`${next}\r\n`);
      else if (numbered !== null && !this.#putNumbered(numbered, next)) {
        // The buffer must grow, or be sent first.
        await this.#addLine(`${numbered.textOf(next)}\r\n`);
      }
    }
    await this.#addLine(".\r\n");
  }

  #putNumbered(lines: NumberedLines, number: number): boolean {
    const end = lines.put(number, this.#withRoomFor(0), this.#used);
    this.#used = end ?? this.#used;
    return end !== null;
  }

  async #addMessage(body: MessageBody, unsent: UnsentMessage): Promise<void> {
    const stuffer = isClean(body) ? null : new ByteStuffer();
    for (;;) {
      const chunk = await nextChunk(body);
      if (chunk === null) break;
      const encoded = stuffer === null ? chunk : stuffer.encode(chunk);
      unsent.octets = stuffer === null ? unsent.octets + chunk.length : stuffer.octets;
      if (body.isAtEnd === false && encoded.length >= BUFFER_OCTETS) await this.#addLarge(encoded);
      else await this.#addOctets(encoded);
    }
    const end = stuffer === null ? TERMINATOR : stuffer.end();
    this.#put(end);
    if (stuffer === null) return;
    unsent.octets = stuffer.octets;
    if (isCounted(body)) body[COUNTED](stuffer.octets, stuffer.isClean);
  }

  /** Octets that others follow: they are not copied. */
  async #addLarge(octets: Uint8Array): Promise<void> {
    await this.flush();
    await this.#write(octets);
  }

  #addOctets(octets: Uint8Array): Awaitable<void> {
    if (octets.length > BUFFER_OCTETS - this.#used) return this.#addParts(octets);
    this.#put(octets);
  }

  async #addParts(octets: Uint8Array): Promise<void> {
    for (let added = 0; added < octets.length;) {
      if (this.#used >= BUFFER_OCTETS) await this.flush();
      const part = octets.subarray(added, added + BUFFER_OCTETS - this.#used);
      this.#put(part);
      added += part.length;
    }
  }

  #put(octets: Uint8Array): void {
    this.#withRoomFor(octets.length).set(octets, this.#used);
    this.#used += octets.length;
  }

  #withRoomFor(octets: number): Uint8Array {
    const before = this.#buffer;
    if (before === null) return this.#buffer = takeBuffer(octets);
    if (this.#used + octets <= before.length) return before;
    this.#buffer = takeBuffer(this.#used + octets);
    this.#buffer.set(before.subarray(0, this.#used));
    keepBuffer(before);
    return this.#buffer;
  }
}
