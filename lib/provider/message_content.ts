/** The forms in which a mailbox may return a message, and the one form in which a session reads it. */
import type { Awaitable, MessageBody } from "../protocol/reply.ts";
import { Pop3ResponseError } from "./response_error.ts";

/** A message read line by line. */
export interface MessageLines {
  /** The next line without its line end, or null after the last one. */
  nextLine(): Awaitable<string | Uint8Array | null>;
  /** Closes what the message holds open. Called exactly once. */
  close(): Awaitable<void>;
}

/**
 * A message, in the form that suits the mailbox:
 *
 * - `{ nextLine(), close() }`: line by line;
 * - an async iterable of lines, for example an async generator;
 * - a `ReadableStream` of the stored bytes, in chunks of any size;
 * - `{ nextChunk(), close() }`: the same chunks without the cost of a stream.
 *
 * Lines have no line end; text is sent as UTF-8. The message is closed exactly once, also when TOP stops early, the
 * client goes away or a read fails.
 */
export type MessageContent =
  | MessageLines
  | MessageBody
  | ReadableStream<Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/**
 * The content as chunks of bytes.
 *
 * @throws {Pop3ResponseError} when the message is gone
 */
export function openBody(content: MessageContent | null): MessageBody {
  if (content === null) throw new Pop3ResponseError("That message is gone.");
  if (content instanceof ReadableStream) return new StreamBody(content);
  if ("nextChunk" in content) return content;
  if ("nextLine" in content) return new LinesBody(content);
  return new IterableBody(content);
}

const encoder = new TextEncoder();

/** One line with its line end. */
function lineOctets(line: string | Uint8Array): Uint8Array {
  if (typeof line === "string") return encoder.encode(`${line}\r\n`);
  const octets = new Uint8Array(line.length + 2);
  octets.set(line);
  octets.set([0x0d, 0x0a], line.length);
  return octets;
}

class LinesBody implements MessageBody {
  readonly #lines: MessageLines;

  constructor(lines: MessageLines) {
    this.#lines = lines;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    const line = await this.#lines.nextLine();
    return line === null ? null : lineOctets(line);
  }

  close(): Awaitable<void> {
    return this.#lines.close();
  }
}

class IterableBody implements MessageBody {
  readonly #lines: AsyncIterator<string | Uint8Array>;

  constructor(lines: AsyncIterable<string | Uint8Array>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async nextChunk(): Promise<Uint8Array | null> {
    const next = await this.#lines.next();
    return next.done === true ? null : lineOctets(next.value);
  }

  async close(): Promise<void> {
    await this.#lines.return?.();
  }
}

class StreamBody implements MessageBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array | string>;

  // By its type, a stream of strings is an async iterable of lines; each string is read as a line.
  constructor(stream: ReadableStream<Uint8Array | string>) {
    this.#reader = stream.getReader();
  }

  async nextChunk(): Promise<Uint8Array | null> {
    const next = await this.#reader.read();
    if (next.done) return null;
    return typeof next.value === "string" ? lineOctets(next.value) : next.value;
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}
