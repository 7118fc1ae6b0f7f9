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
  isWhole,
  type MessageBody,
  type MessageReply,
  type Reply,
  statusLine,
  then,
  WHOLE,
} from "../protocol/reply.ts";
import { TimeSlice } from "../time/time_slice.ts";
import { nextChunk } from "./next_chunk.ts";
import { BUFFER_OCTETS, keepBuffer, takeBuffer } from "./spare_buffers.ts";
import { type UnsentMessage, UnsentMessages } from "./unsent_messages.ts";
import type { ByteSink } from "../transport/transport.ts";

/** Longest stretch of a list that is written before yielding to the event loop. */
const SLICE_MS = 0.5;
/** How many lines of a list are written between two looks at the clock. */
const LINES_AT_ONCE = 1_024;
const encoder = new TextEncoder();

/** Hears of each write, which may wait for the peer. */
export interface WriteWatch {
  beforeWrite(): void;
  afterWrite(octets: number): void;
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
  readonly #unsent = new UnsentMessages();

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
        return this.#addAtOnce(reply) ? undefined : this.#addInParts(reply);
    }
  }

  /** A message that is in memory, if it fits into the buffer. Most messages do, and need no promise then. */
  #addAtOnce(reply: MessageReply): boolean {
    const { body, sent } = reply;
    if (!isWhole(body)) return false;
    const line = statusLine(reply);
    // Mended, it may be twice as long. A code unit has at most three octets of UTF-8.
    const most = 3 * line.length + 2 * body[WHOLE].length;
    if (this.#used + most > BUFFER_OCTETS) return false;
    this.#withRoomFor(line.length + body[WHOLE].length);
    this.#putLine(line);
    const stuffer = new ByteStuffer(isClean(body));
    this.#put(stuffer.encode(body[WHOLE]));
    this.#put(stuffer.end());
    this.#messagesSent++;
    this.#unsent.add({ octets: stuffer.octets, isRead: true, sent });
    return true;
  }

  async #addInParts(reply: MessageReply): Promise<void> {
    const unsent = this.#unsent.add({ octets: 0, isRead: false, sent: reply.sent });
    try {
      this.#messagesSent++;
      await this.#addLine(statusLine(reply));
      await this.#addMessage(reply.body, unsent);
      unsent.isRead = true;
    } finally {
      if (!unsent.isRead) this.#unsent.report(unsent, false);
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
    const whole = this.#unsent.read();
    await this.#write(buffer.subarray(0, used));
    for (const message of whole) this.#unsent.report(message, true);
    // A buffer whose write failed is not used again: the runtime may hold it still.
    keepBuffer(buffer);
  }

  /** The connection is over: reports the messages that were not sent whole. */
  breakOff(): void {
    this.#unsent.breakOff();
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
    if (lines instanceof NumberedLines) await this.#addNumbered(lines, slice);
    else {
      let count = 0;
      for (const line of lines) {
        if (++count % LINES_AT_ONCE === 0) await slice.pause();
        await this.#addLine(`${line}\r\n`);
      }
    }
    await this.#addLine(".\r\n");
  }

  async #addNumbered(lines: NumberedLines, slice: TimeSlice): Promise<void> {
    while (!lines.isOver) {
      const end = lines.put(this.#withRoomFor(0), this.#used, LINES_AT_ONCE);
      if (end !== null) this.#used = end;
      // The buffer must grow, or be sent first.
      else await this.#addLine(`${lines.takeText()}\r\n`);
      await slice.pause();
    }
  }

  async #addMessage(body: MessageBody, unsent: UnsentMessage): Promise<void> {
    const stuffer = new ByteStuffer(isClean(body));
    for (;;) {
      const chunk = await nextChunk(body);
      if (chunk === null) break;
      const encoded = stuffer.encode(chunk);
      unsent.octets = stuffer.octets;
      if (body.isAtEnd === false && encoded.length >= BUFFER_OCTETS) await this.#addLarge(encoded);
      else await this.#addOctets(encoded);
    }
    this.#put(stuffer.end());
    unsent.octets = stuffer.octets;
    if (!isClean(body) && isCounted(body)) body[COUNTED](stuffer.octets, stuffer.isClean);
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
