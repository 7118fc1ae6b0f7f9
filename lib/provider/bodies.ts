/**
 * Each form of content as chunks of octets. A chunk is looked at, whatever its type says: a wrong one must not reach a
 * client.
 */
import { type Awaitable, type MessageBody, WHOLE, type WholeBody } from "../protocol/reply.ts";
import { shown } from "../settings/setting.ts";
import type { MessageLines } from "./message_lines.ts";
import { OpenIterable } from "./open_iterable.ts";

const encoder = new TextEncoder();

/** The chunk of a body, or null after the last one. */
export function octetsOrThrow(chunk: unknown): Uint8Array | null {
  if (chunk instanceof Uint8Array || chunk === null) return chunk;
  throw new TypeError(
    `a chunk of a message: ${shown(chunk)}: give a Uint8Array, or null after the last one`,
  );
}

/** A message that is in memory. */
export class OneChunkBody implements WholeBody {
  /**
   * The body itself, if it is one of these, and a program that passes it on has changed nothing of it. Its octets are
   * there then: a text that cannot be encoded fails here.
   */
  static unaltered(body: MessageBody): WholeBody | null {
    const { nextChunk, close } = OneChunkBody.prototype;
    const isOurs = #isRead in body && body.nextChunk === nextChunk && body.close === close;
    if (isOurs) body.#encode();
    return isOurs ? body : null;
  }

  /** As far as the server asks: after the chunk. */
  readonly isAtEnd = true;
  #message: string | Uint8Array;
  #isRead = false;

  constructor(message: string | Uint8Array) {
    this.#message = message;
  }

  get [WHOLE](): Uint8Array {
    return this.#encode();
  }

  nextChunk(): Uint8Array | null {
    if (this.#isRead) return null;
    this.#isRead = true;
    return this[WHOLE];
  }

  close(): void {}

  #encode(): Uint8Array {
    if (typeof this.#message === "string") this.#message = encoder.encode(this.#message);
    return this.#message;
  }
}

export class LinesBody implements MessageBody {
  readonly #lines: MessageLines;

  constructor(lines: MessageLines) {
    this.#lines = lines;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    const line: unknown = await this.#lines.nextLine();
    if (line === null) return null;
    if (typeof line === "string") return encoder.encode(`${line}\r\n`);
    if (!(line instanceof Uint8Array)) {
      throw new TypeError(
        `a line of a message: ${
          shown(line)
        }: give a string or Uint8Array, or null after the last one`,
      );
    }
    const octets = new Uint8Array(line.length + 2);
    octets.set(line);
    octets.set([0x0d, 0x0a], line.length);
    return octets;
  }

  close(): Awaitable<void> {
    return this.#lines.close();
  }
}

/** The body of an async iterable. */
export class IteratedBody implements MessageBody {
  readonly #source: OpenIterable<Uint8Array | string>;
  readonly #text = new TextOctets();
  #isAtEnd = false;

  constructor(chunks: AsyncIterable<Uint8Array | string>) {
    this.#source = new OpenIterable(chunks);
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#isAtEnd) return null;
    const { done, value } = await this.#source.next();
    if (done !== true) return this.#text.encode(value);
    this.#isAtEnd = true;
    return this.#text.end();
  }

  async close(): Promise<void> {
    await this.#source.close();
  }
}

export class StreamBody implements MessageBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array | string>;
  readonly #text = new TextOctets();
  #isAtEnd = false;

  constructor(stream: ReadableStream<Uint8Array | string>) {
    this.#reader = stream.getReader();
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#isAtEnd) return null;
    // A stream that has failed is closed, and would only fail again.
    this.#isAtEnd = true;
    const { done, value } = await this.#reader.read();
    if (done) return this.#text.end();
    this.#isAtEnd = false;
    return this.#text.encode(value);
  }

  async close(): Promise<void> {
    if (!this.#isAtEnd) await this.#reader.cancel();
  }
}

/** The body of an HTTP response; that of an error is not the message. */
export class ResponseBody implements MessageBody {
  readonly #response: Response;
  readonly #body: MessageBody;

  constructor(response: Response) {
    if (response.bodyUsed) throw new TypeError("the body of this Response has been read before");
    this.#response = response;
    this.#body = response.body === null ? new OneChunkBody("") : new StreamBody(response.body);
  }

  nextChunk(): Awaitable<Uint8Array | null> {
    const { ok, status, statusText } = this.#response;
    if (ok) return this.#body.nextChunk();
    throw new Error(`the Response for a message is ${status} ${statusText}`.trimEnd());
  }

  close(): Awaitable<void> {
    return this.#body.close();
  }
}

/** Text and octets in one; a border may be in the middle of a character. */
class TextOctets {
  /** The first half of a character outside the Basic Multilingual Plane. */
  #half = "";

  encode(chunk: unknown): Uint8Array {
    if (chunk instanceof Uint8Array) {
      const half = this.end();
      return half === null ? chunk : new Uint8Array([...half, ...chunk]);
    }
    if (typeof chunk !== "string") {
      throw new TypeError(`a chunk of a message: ${shown(chunk)}: give a Uint8Array or a string`);
    }
    const text = this.#half + chunk;
    const isHalf = /[\ud800-\udbff]$/.test(text);
    this.#half = isHalf ? text.slice(-1) : "";
    return encoder.encode(isHalf ? text.slice(0, -1) : text);
  }

  /** What is left at the end; null for nothing. */
  end(): Uint8Array | null {
    const half = this.#half;
    this.#half = "";
    return half === "" ? null : encoder.encode(half);
  }
}
