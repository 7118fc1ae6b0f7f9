/** The forms in which a mailbox may return a message, and the one form in which a session reads it. */
import type { MessageBody } from "../protocol/reply.ts";
import { hasMethod, shown } from "../settings/setting.ts";
import { IteratedBody, LinesBody, OneChunkBody, ResponseBody, StreamBody } from "./bodies.ts";
import type { MessageLines } from "./message_lines.ts";
import { Pop3ResponseError } from "./response_error.ts";

/**
 * A message, in the form that suits the mailbox. Nearly all of them are octets, with borders anywhere, as they are
 * stored; text becomes UTF-8:
 *
 * - a `string`, a `Uint8Array`, a `Blob`;
 * - a `Response`, whose body is the message; one that is not ok is an error;
 * - a `ReadableStream` or another async iterable: `(await Deno.open(path)).readable`, a stream of `node:fs`, an async
 *   generator;
 * - `{ nextChunk(), close() }`: chunks without the cost of a stream.
 *
 * Lines without line ends are said by name: `{ nextLine(), close() }`, or `fromLines(…)`.
 *
 * Bare LF and CR, a missing last line end and dots at the beginning of a line need no attention. The message is closed
 * exactly once, also when TOP stops early, the client goes away or a read fails.
 *
 * @example
 * ```ts
 * import type { MessageContent } from "@pop3svc/pop3svc";
 * import { createReadStream } from "node:fs";
 *
 * const inMemory: MessageContent = "Subject: Hello\n\nWorld\n";
 * const behindHttp = async (id: string): Promise<MessageContent> =>
 *   await fetch(`https://mail.example/messages/${id}`);
 * const inAFile = (path: string): MessageContent => createReadStream(path);
 * ```
 */
export type MessageContent =
  | string
  | Uint8Array
  | Blob
  | Response
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | MessageBody
  | MessageLines;

/** What the contents of a message may be, as the end of a sentence. */
export const CONTENTS_ALLOWED =
  "a string, Uint8Array, Blob, Response, ReadableStream, async iterable of these chunks, " +
  "{ nextChunk, close }, lines as { nextLine, close } or fromLines(…), or null where the message is gone";

/** Whether it is one of the forms of a message. */
export function isMessageContent(value: unknown): value is MessageContent {
  // First the files of our own mailboxes.
  return isBody(value) || typeof value === "string" || value instanceof Uint8Array ||
    value instanceof Blob || value instanceof Response || isLines(value) || isAsyncIterable(value);
}

/**
 * The content as chunks of octets. What a mailbox gives is looked at here, whatever its type says.
 *
 * @throws {Pop3ResponseError} when the message is gone
 * @throws {TypeError} for what is no content
 */
export function openBody(content: MessageContent | null): MessageBody {
  if (content === null) throw new Pop3ResponseError("That message is gone.");
  // First the files of our own mailboxes.
  if (isBody(content)) return content;
  if (!isMessageContent(content)) {
    throw new TypeError(`the contents of a message: ${shown(content)}: give ${CONTENTS_ALLOWED}`);
  }
  if (typeof content === "string" || content instanceof Uint8Array) {
    return new OneChunkBody(content);
  }
  if (isLines(content)) return new LinesBody(content);
  if (content instanceof Blob) return new StreamBody(content.stream());
  if (content instanceof Response) return new ResponseBody(content);
  if (content instanceof ReadableStream) return new StreamBody(content);
  return new IteratedBody(content);
}

function isBody(content: unknown): content is MessageBody {
  return hasMethod(content, "nextChunk") && hasMethod(content, "close");
}

function isLines(content: unknown): content is MessageLines {
  return hasMethod(content, "nextLine") && hasMethod(content, "close");
}

function isAsyncIterable(content: unknown): content is AsyncIterable<Uint8Array | string> {
  return typeof content === "object" && content !== null && Symbol.asyncIterator in content;
}
