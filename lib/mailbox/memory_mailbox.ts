import { OctetCounter } from "../protocol/well_formed_lines.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MessageContent } from "../provider/message_content.ts";

/** The options of a {@linkcode MemoryMailbox}. */
export interface MemoryMailboxOptions {
  /** The name of the mailbox in events and log lines; `memory` by default. */
  readonly name?: string;
  /** Whether DELE is refused; false by default. */
  readonly readOnly?: boolean;
}

/**
 * Messages in memory, for tests and examples. Several logins may share one.
 *
 * @example
 * ```ts
 * import { MemoryMailbox } from "@pop3svc/pop3svc";
 *
 * const mailbox = new MemoryMailbox({ "first": "Subject: Hello\r\n\r\nWorld\r\n" });
 * mailbox.messages.set("second", new TextEncoder().encode("Subject: Again\r\n\r\n"));
 * ```
 */
export class MemoryMailbox implements Mailbox {
  /** The name in the options, or `memory`. */
  readonly name: string;
  /** The messages by unique id, in their order. */
  readonly messages: Map<string, Uint8Array> = new Map();
  readonly #isReadOnly: boolean;

  /**
   * Makes a mailbox that holds these messages.
   *
   * @param messages text (sent as UTF-8) or bytes by unique id
   */
  constructor(
    messages: Readonly<Record<string, string | Uint8Array>> = {},
    options: MemoryMailboxOptions = {},
  ) {
    const encoder = new TextEncoder();
    for (const [uniqueId, message] of Object.entries(messages)) {
      this.messages.set(
        uniqueId,
        typeof message === "string" ? encoder.encode(message) : message,
      );
    }
    this.name = options.name ?? "memory";
    this.#isReadOnly = options.readOnly ?? false;
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
    const counter = new OctetCounter();
    counter.add(this.#message(uniqueId));
    return counter.octets;
  }

  /** The message, in one chunk. */
  messageContents(_info: ConnectionInfo, uniqueId: string): Awaitable<MessageContent | null> {
    let rest: Uint8Array | null = this.#message(uniqueId);
    return {
      nextChunk() {
        const chunk = rest;
        rest = null;
        return chunk;
      },
      close() {},
    };
  }

  /** Deletes the messages that are there. */
  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Awaitable<void> {
    for (const uniqueId of uniqueIds) this.messages.delete(uniqueId);
  }

  #message(uniqueId: string): Uint8Array {
    const message = this.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }
}
