import { OctetCounter } from "../protocol/well_formed_lines.ts";
import type { MessageBody } from "../protocol/reply.ts";
import { Pop3ResponseError } from "./response_error.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import type { Mailbox } from "./mailbox.ts";

/** What a {@linkcode MemoryMailbox} may be told. */
export interface MemoryMailboxOptions {
  /** What the mailbox is called in events and log lines; `memory` by default. */
  readonly name?: string;
  /** Refuse DELE; false by default. */
  readonly isReadOnly?: boolean;
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
  readonly name: string;
  /** The messages by unique id, in their order. */
  readonly messages: Map<string, Uint8Array> = new Map();
  readonly #isReadOnly: boolean;

  /** @param messages text (sent as UTF-8) or bytes by unique id */
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
    this.#isReadOnly = options.isReadOnly ?? false;
  }

  listMessageUniqueIds(): readonly string[] {
    return [...this.messages.keys()];
  }

  mailboxIsReadOnly(): boolean {
    return this.#isReadOnly;
  }

  messageExists(_info: ConnectionInfo, uniqueId: string): boolean {
    return this.messages.has(uniqueId);
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): number {
    const counter = new OctetCounter();
    counter.add(this.#message(uniqueId));
    return counter.octets;
  }

  messageContents(_info: ConnectionInfo, uniqueId: string): MessageBody {
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

  messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): void {
    for (const uniqueId of uniqueIds) this.messages.delete(uniqueId);
  }

  #message(uniqueId: string): Uint8Array {
    const message = this.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }
}
