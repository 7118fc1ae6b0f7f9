/** The messages that were not handed to the system whole yet, and who hears what becomes of them. */
import type { MessageReply } from "../protocol/reply.ts";

export interface UnsentMessage {
  /** How many octets were read so far, as `sent` counts them. */
  octets: number;
  /** Whether all of it was read, and what is left waits for the next `flush`. */
  isRead: boolean;
  readonly sent: MessageReply["sent"];
}

export class UnsentMessages {
  readonly #messages = new Set<UnsentMessage>();

  add(message: UnsentMessage): UnsentMessage {
    this.#messages.add(message);
    return message;
  }

  /** Those of which nothing is left to be read. */
  read(): UnsentMessage[] {
    return [...this.#messages].filter(({ isRead }) => isRead);
  }

  /** Reports each message once. */
  report(message: UnsentMessage, isComplete: boolean): void {
    if (this.#messages.delete(message)) message.sent?.(message.octets, isComplete);
  }

  /** The connection is over. */
  breakOff(): void {
    for (const message of this.#messages) this.report(message, false);
  }
}
