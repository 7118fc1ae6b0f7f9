/** A mailbox in memory, for tests and for programs that make their mail. */
import type { Awaitable } from "../protocol/reply.ts";
import { OctetCounter } from "../protocol/well_formed_lines.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageContent } from "../provider/message_content.ts";
import { messageOctets } from "../provider/message_octets.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import { checkedOptions, flag, type SettingsTable, text } from "../settings/setting.ts";
import {
  checkedMessage,
  checkedUniqueId,
  type MemoryMessage,
  type MemoryMessages,
  messagesOf,
} from "./memory_messages.ts";

const encoder = new TextEncoder();

/** The options of a {@linkcode MemoryMailbox}. */
export interface MemoryMailboxOptions {
  /** The name of the mailbox in events and log lines; `memory` by default. */
  readonly name?: string;
  /** Whether DELE is refused; false by default. */
  readonly readOnly?: boolean;
}

const memoryMailboxSettings: SettingsTable<Required<MemoryMailboxOptions>> = {
  name: text(/./s, "a name", "memory"),
  readOnly: flag(false),
};

/**
 * Messages in memory, for tests and examples. Several logins may share one.
 *
 * @example
 * ```ts
 * import { MemoryMailbox } from "@pop3svc/pop3svc";
 *
 * const mailbox = new MemoryMailbox(["Subject: Hello\n\nWorld\n"]);
 * console.log(mailbox.add("Subject: Again\n\n")); // 2
 * mailbox.add("my-unique-id", "Subject: Once more\n\n");
 * ```
 */
export class MemoryMailbox implements Mailbox {
  /** The name in the options, or `memory`. */
  readonly name: string;
  /** The messages by unique id, in their order. What is set here is not checked before a login lists it. */
  readonly messages: Map<string, MemoryMessage> = new Map();
  readonly #isReadOnly: boolean;
  /** The highest number that is or was a unique id. */
  #last = 0;

  /**
   * Makes a mailbox that holds these messages.
   *
   * @param messages texts (sent as UTF-8), octets or blobs: an array, an iterable of `[unique id, message]`, or an object
   * @throws {RangeError} for a unique id that is none, or there twice
   * @throws {TypeError} for messages of the wrong kind, and an object whose order is lost
   */
  constructor(messages: MemoryMessages = [], options: MemoryMailboxOptions = {}) {
    const { name, readOnly } = checkedOptions(memoryMailboxSettings, options);
    this.name = name;
    this.#isReadOnly = readOnly;
    for (const [uniqueId, message] of messagesOf(messages)) {
      this.#put(uniqueId ?? this.#nextNumber(), message);
    }
  }

  /** Adds a message at the end, and returns its unique id: the next number that no message has or had. */
  add(message: MemoryMessage): string;
  /**
   * Adds a message at the end.
   *
   * @throws {RangeError} for a unique id that is none, or there already
   */
  add(uniqueId: string, message: MemoryMessage): string;
  add(...given: [message: MemoryMessage] | [uniqueId: string, message: MemoryMessage]): string {
    return given.length === 1
      ? this.#put(this.#nextNumber(), given[0])
      : this.#put(given[0], given[1]);
  }

  #put(uniqueId: string, message: MemoryMessage): string {
    if (this.messages.has(checkedUniqueId(uniqueId))) {
      throw new RangeError(`the unique id ${JSON.stringify(uniqueId)} is there twice`);
    }
    this.messages.set(uniqueId, checkedMessage(message));
    // A number that a message had is not given to another (RFC 1939 section 7).
    if (/^\d{1,15}$/.test(uniqueId)) this.#last = Math.max(this.#last, Number(uniqueId));
    return uniqueId;
  }

  #nextNumber(): string {
    let next = this.#last + 1;
    while (this.messages.has(String(next))) next++;
    return String(next);
  }

  /** The unique ids, in the order in which the messages came in. */
  listMessageUniqueIds(_info: ConnectionInfo): Awaitable<readonly string[]> {
    return [...this.messages.keys()];
  }

  /** Whether the options say `readOnly`. */
  mailboxIsReadOnly(_info: ConnectionInfo): Awaitable<boolean> {
    return this.#isReadOnly;
  }

  /** Whether the message is there. */
  messageExists(_info: ConnectionInfo, uniqueId: string): Awaitable<boolean> {
    return this.messages.has(uniqueId);
  }

  /** Octets as sent. */
  messageSize(_info: ConnectionInfo, uniqueId: string): Awaitable<number> {
    const message = this.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    if (message instanceof Blob) return messageOctets(message);
    const counter = new OctetCounter();
    counter.add(typeof message === "string" ? encoder.encode(message) : message);
    return counter.octets;
  }

  /** The message as it was given; null when it is gone. */
  messageContents(_info: ConnectionInfo, uniqueId: string): Awaitable<MessageContent | null> {
    return this.messages.get(uniqueId) ?? null;
  }

  /** Deletes the messages that are there. */
  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Awaitable<void> {
    for (const uniqueId of uniqueIds) this.messages.delete(uniqueId);
  }
}
