/** What a simpleMailbox is made of. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { MessageContent } from "../provider/message_content.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import {
  callback,
  given,
  hasMethod,
  orNull,
  required,
  type SettingsTable,
  text,
} from "../settings/setting.ts";

/**
 * What the functions of a `simpleMailbox` get as their last argument.
 *
 * @example
 * ```ts
 * import type { CallOptions } from "@pop3svc/pop3svc";
 *
 * const read = (uniqueId: string, { signal }: CallOptions) =>
 *   fetch(`https://mail.example/messages/${uniqueId}`, { signal });
 * ```
 */
export interface CallOptions {
  /** Aborted when nobody waits for the answer any more: give it to `fetch` and its like. */
  readonly signal: AbortSignal;
  /** The connection that is served. */
  readonly info: ConnectionInfo;
}

/**
 * A message in the list of a `simpleMailbox`.
 *
 * @example
 * ```ts
 * import { type MessageEntry, messageOctets } from "@pop3svc/pop3svc";
 *
 * const entry: MessageEntry = { uniqueId: "id-1", octets: await messageOctets("Subject: Hello\n\n") };
 * ```
 */
export interface MessageEntry {
  /** The unique id of the message: 1 to 70 characters from 0x21 to 0x7E, never given to another (RFC 1939 section 7). */
  readonly uniqueId: string;
  /** The size as POP3 counts it, where it is known: what `messageOctets` gives. */
  readonly octets?: number | null | undefined;
}

/**
 * Keeps sizes by unique id for longer than a login: a `Map`, or an object in front of a store.
 *
 * @example
 * ```ts
 * import type { OctetsCache } from "@pop3svc/pop3svc";
 *
 * const inMemory: OctetsCache = new Map<string, number>();
 * const inAStore = (store: Storage): OctetsCache => ({
 *   get: (uniqueId) => Number(store.getItem(uniqueId) ?? NaN),
 *   set: (uniqueId, octets) => store.setItem(uniqueId, String(octets)),
 * });
 * ```
 */
export interface OctetsCache {
  /** The size of the message; what is no size counts as unknown. */
  get(uniqueId: string): Awaitable<number | null | undefined>;
  /** Keeps the size of the message. */
  set(uniqueId: string, octets: number): unknown;
}

/** What a `simpleMailbox` is made of. */
export interface SimpleMailboxOptions {
  /** The messages in their order: unique ids, or `{ uniqueId, octets }`. */
  readonly list: (options: CallOptions) => Awaitable<Iterable<string | MessageEntry>>;
  /** The contents of a message; null when it is gone. */
  readonly read: (uniqueId: string, options: CallOptions) => Awaitable<MessageContent | null>;
  /**
   * Deletes all of these messages or none: if it throws, all are still there. One that is gone already counts as deleted.
   * A `Response` that is not ok counts as an error; whatever else it returns is ignored. Where `remove` is left out, the
   * mailbox is read-only.
   */
  readonly remove?: ((uniqueIds: readonly string[], options: CallOptions) => unknown) | null;
  /** Keeps the sizes that had to be counted. By default each is counted once for each login. */
  readonly cache?: OctetsCache | null;
  /** The name of the mailbox in events and log lines; `simple` by default. */
  readonly name?: string;
}

const nothing = () => {
  throw new Pop3ResponseError("That message is gone.");
};

export const simpleMailboxSettings: SettingsTable<Required<SimpleMailboxOptions>> = {
  list: required(callback<SimpleMailboxOptions["list"]>(nothing)),
  read: required(callback<SimpleMailboxOptions["read"]>(nothing)),
  remove: orNull(callback<NonNullable<SimpleMailboxOptions["remove"]>>(nothing)),
  cache: orNull(
    given(
      "a cache: a Map, or an object with get() and set()",
      (value): value is OctetsCache => hasMethod(value, "get") && hasMethod(value, "set"),
      new Map<string, number>(),
    ),
  ),
  name: text(/./s, "a name", "simple"),
};
