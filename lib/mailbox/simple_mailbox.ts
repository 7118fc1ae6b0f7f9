/** A mailbox made of two or three functions: what a program has mostly is a list, a way to read, a way to remove. */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageContent } from "../provider/message_content.ts";
import { messageOctets } from "../provider/message_octets.ts";
import { isSize } from "../provider/message_size.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { checkedOptions, shown } from "../settings/setting.ts";
import {
  type CallOptions,
  type MessageEntry,
  type SimpleMailboxOptions,
  simpleMailboxSettings,
} from "./simple_mailbox_options.ts";

/**
 * A mailbox made of functions. Sizes that the list does not tell are counted: each message is then read once for each
 * login whose client asks for sizes, with STAT or LIST.
 *
 * Events name the operations of the {@linkcode Mailbox}: `listMessageUniqueIds` for `list`, `messageContents` for `read`,
 * `messageDelete` for `remove`.
 *
 * @throws {TypeError} for what is missing or of the wrong kind, or that there is not
 * @throws {RangeError} for what is not allowed
 *
 * @example
 * ```ts
 * import { simpleMailbox, SingleUserProvider } from "@pop3svc/pop3svc";
 *
 * const mail = new Map([["id-1", "Subject: Hello\n\nWorld\n"]]);
 * const sizes = new Map<string, number>();
 * const provider = new SingleUserProvider({
 *   username: "me",
 *   password: "passw0rd",
 *   openMailbox: () =>
 *     simpleMailbox({
 *       list: () => mail.keys(),
 *       read: (uniqueId) => mail.get(uniqueId) ?? null,
 *       remove: (uniqueIds) => uniqueIds.forEach((uniqueId) => mail.delete(uniqueId)),
 *       cache: sizes,
 *     }),
 * });
 * ```
 */
export function simpleMailbox(options: SimpleMailboxOptions): Mailbox {
  return new SimpleMailbox(checkedOptions(simpleMailboxSettings, options));
}

/** How many messages are read at once to count them. */
const COUNTED_AT_ONCE = 8;

class SimpleMailbox implements Mailbox {
  readonly name: string;
  readonly #source: Required<SimpleMailboxOptions>;
  /** The sizes that are known of the messages that were listed last. */
  #octets = new Map<string, number>();
  /** The unique ids that were there at the last question, until something else is done: a client may mark a thousand. */
  #present: ReadonlySet<string> | null = null;

  constructor(source: Required<SimpleMailboxOptions>) {
    this.#source = source;
    this.name = source.name;
  }

  async listMessageUniqueIds(info: ConnectionInfo): Promise<readonly string[]> {
    const entries = await this.#entries(info);
    const known = this.#octets;
    this.#octets = new Map();
    for (const { uniqueId, octets } of entries) {
      const size = octets ?? known.get(uniqueId);
      if (size !== undefined) this.#octets.set(uniqueId, size);
    }
    return entries.map(({ uniqueId }) => uniqueId);
  }

  mailboxIsReadOnly(): boolean {
    return this.#source.remove === null;
  }

  async messageExists(info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    const present = this.#present ??
      new Set((await this.#entries(info)).map(({ uniqueId }) => uniqueId));
    this.#present = present;
    return present.has(uniqueId);
  }

  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    const octets = await this.#sizeOf(info, uniqueId);
    if (octets === null) throw new Pop3ResponseError("That message is gone.");
    return octets;
  }

  async messageSizes(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Promise<readonly (number | null)[]> {
    const sizes: (number | null)[] = uniqueIds.map(() => null);
    const rest = numbered(uniqueIds);
    const count = async () => {
      // A failure ends the generator, and so the work of the others.
      for (const [index, uniqueId] of rest) sizes[index] = await this.#sizeOf(info, uniqueId);
    };
    await Promise.all(Array.from({ length: COUNTED_AT_ONCE }, count));
    return sizes;
  }

  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageContent | null> {
    this.#present = null;
    return await this.#source.read(uniqueId, callOptions(info));
  }

  async messageDelete(info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    this.#present = null;
    if (this.#source.remove === null) {
      throw new Pop3ResponseError("This mailbox is read-only.", { code: "READ-ONLY" });
    }
    const answer: unknown = await this.#source.remove(uniqueIds, callOptions(info));
    if (!(answer instanceof Response)) return;
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`remove answered a response with the status ${answer.status}`);
  }

  async #entries(info: ConnectionInfo): Promise<readonly MessageEntry[]> {
    this.#present = null;
    const listed: unknown = await this.#source.list(callOptions(info));
    if (typeof listed === "object" && listed !== null && isIterable(listed)) {
      return Array.from(listed, entryOf);
    }
    throw new TypeError(
      `list() gave ${
        shown(listed)
      }: give an array, or another iterable, of unique ids or { uniqueId, octets }`,
    );
  }

  /** Null when the message is gone. */
  async #sizeOf(info: ConnectionInfo, uniqueId: string): Promise<number | null> {
    const { cache } = this.#source;
    const known = this.#octets.get(uniqueId) ?? await cache?.get(uniqueId);
    if (isSize(known)) return known;
    callOptions(info).signal.throwIfAborted();
    const content = await this.messageContents(info, uniqueId);
    if (content === null) return null;
    const octets = await messageOctets(content);
    this.#octets.set(uniqueId, octets);
    await cache?.set(uniqueId, octets);
    return octets;
  }
}

function callOptions(info: ConnectionInfo): CallOptions {
  return { signal: info.signal, info };
}

function entryOf(listed: unknown): MessageEntry {
  if (typeof listed === "string") return { uniqueId: listed };
  if (typeof listed !== "object" || listed === null || !("uniqueId" in listed)) {
    throw new TypeError(`list() gave ${shown(listed)}: give a unique id or { uniqueId, octets }`);
  }
  const { uniqueId, octets = null } = { octets: null, ...listed };
  if (typeof uniqueId !== "string") {
    throw new TypeError(`list() gave ${shown(uniqueId)} as a unique id: give a string`);
  }
  if (octets === null || isSize(octets)) return { uniqueId, octets };
  throw new RangeError(
    `list() gave ${shown(octets)} octets for ${
      JSON.stringify(uniqueId)
    }: give what messageOctets() counts, or null`,
  );
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

/** A generator ends for all who take from it when one of them fails. */
function* numbered(uniqueIds: readonly string[]): Generator<[index: number, uniqueId: string]> {
  yield* uniqueIds.entries();
}
