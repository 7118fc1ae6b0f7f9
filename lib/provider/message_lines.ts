/** Messages that a mailbox has line by line. */
import type { Awaitable } from "../protocol/reply.ts";
import { shown } from "../settings/setting.ts";
import { OpenIterable } from "./open_iterable.ts";

/** A message read line by line. */
export interface MessageLines {
  /** The next line without its line end, or null after the last one. */
  nextLine(): Awaitable<string | Uint8Array | null>;
  /** Closes what the message holds open. Called exactly once. */
  close(): Awaitable<void>;
}

/**
 * The contents of a message whose lines an iterable gives, without their line ends.
 *
 * @param lines an array, a generator, a stream of lines; it is read once
 * @throws {TypeError} for what gives no lines, a text among them
 *
 * @example
 * ```ts
 * import { fromLines, messageOctets } from "@pop3svc/pop3svc";
 *
 * console.log(await messageOctets(fromLines(["Subject: Hello", "", "World"]))); // 25
 * ```
 */
export function fromLines(
  lines: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): MessageLines {
  if (!givesLines(lines)) {
    throw new TypeError(
      `fromLines: ${
        shown(lines)
      }: give an iterable or async iterable of lines; text and octets are contents as they are`,
    );
  }
  const source = new OpenIterable(lines);
  return {
    async nextLine() {
      const { done, value } = await source.next();
      return done === true ? null : value;
    },
    close: () => source.close(),
  };
}

function givesLines(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array) &&
    (Symbol.iterator in value || Symbol.asyncIterator in value);
}
