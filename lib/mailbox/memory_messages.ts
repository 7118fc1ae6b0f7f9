/** What a mailbox in memory is made of, in whatever way it is given. */
import { isValidUniqueId } from "../protocol/unique_id.ts";
import { shown } from "../settings/setting.ts";

/** A message in memory: text, which is sent as UTF-8, or octets. It can be read again and again. */
export type MemoryMessage = string | Uint8Array | Blob;

/**
 * Messages in their order:
 *
 * - an array of messages, whose unique ids are `1`, `2` and so on;
 * - an array, a `Map` or another iterable of `[unique id, message]`;
 * - an object of messages by unique id. JavaScript puts keys that are numbers first: where one of several is a number,
 *   the order is lost, and the object is refused.
 *
 * @example
 * ```ts
 * import type { MemoryMessages } from "@pop3svc/pop3svc";
 *
 * const numbered: MemoryMessages = ["Subject: 1\n\n", new Blob(["Subject: 2\n\n"])];
 * const named: MemoryMessages = new Map([["10", "Subject: first\n\n"], ["2", "Subject: second\n\n"]]);
 * const object: MemoryMessages = { first: "Subject: first\n\n", second: "Subject: second\n\n" };
 * ```
 */
export type MemoryMessages =
  | readonly MemoryMessage[]
  | Iterable<readonly [uniqueId: string, message: MemoryMessage]>
  | Readonly<Record<string, MemoryMessage>>;

/** The messages, each with its unique id; null where it is to be made. */
export function* messagesOf(
  messages: MemoryMessages,
): Generator<readonly [uniqueId: string | null, message: MemoryMessage]> {
  if (typeof messages !== "object" || messages === null || isMessage(messages)) {
    throw new TypeError(
      `messages: ${
        shown(messages)
      }: give an array of messages, an iterable of [unique id, message], or an object`,
    );
  }
  if (!isIterable(messages)) return yield* inOrder(messages);
  for (const each of messages) {
    if (isPair(each)) yield each;
    else yield [null, each];
  }
}

/** @throws {RangeError} for a text that is no unique id */
export function checkedUniqueId(uniqueId: unknown): string {
  if (typeof uniqueId !== "string") {
    throw new TypeError(`a unique id: ${shown(uniqueId)}: give a string`);
  }
  if (isValidUniqueId(uniqueId)) return uniqueId;
  throw new RangeError(
    `the unique id ${
      JSON.stringify(uniqueId.slice(0, 100))
    }: give 1 to 70 characters from 0x21 to 0x7E, not a single _ (RFC 1939 section 7)`,
  );
}

/** @throws {TypeError} for what is no message in memory */
export function checkedMessage(message: unknown): MemoryMessage {
  if (isMessage(message)) return message;
  throw new TypeError(
    `a message in memory: ${
      shown(message)
    }: give a string, Uint8Array or Blob, which can be read again and again`,
  );
}

function inOrder(messages: Readonly<Record<string, MemoryMessage>>): [string, MemoryMessage][] {
  const entries = Object.entries(messages);
  const number = entries.length < 2 ? undefined : entries.find(([key]) => /^\d+$/.test(key));
  if (number === undefined) return entries;
  throw new TypeError(
    `messages: JavaScript puts a key that is a number, such as ${
      number[0]
    }, first: give an array or a Map, which keep their order`,
  );
}

function isMessage(value: unknown): value is MemoryMessage {
  return typeof value === "string" || value instanceof Uint8Array || value instanceof Blob;
}

function isIterable(
  messages: MemoryMessages,
): messages is Exclude<MemoryMessages, Readonly<Record<string, MemoryMessage>>> {
  return Symbol.iterator in messages;
}

function isPair(
  each: MemoryMessage | readonly [string, MemoryMessage],
): each is readonly [string, MemoryMessage] {
  return Array.isArray(each);
}
