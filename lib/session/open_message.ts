/**
 * Opens a message so far that a failure can still become `-ERR`: its first chunk is read before `+OK` is said.
 */
import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import type { Mailbox } from "../mailbox/mailbox.ts";
import { openBody } from "../mailbox/message_content.ts";
import type { HeadCutter } from "../protocol/message_head.ts";
import type { MessageBody } from "../protocol/reply.ts";
import { isGone } from "./maildrop.ts";

/** The message, or the part of it that `head` keeps; null when somebody else removed it. */
export async function openMessage(
  mailbox: Mailbox,
  info: ConnectionInfo,
  uniqueId: string,
  head: HeadCutter | null = null,
): Promise<MessageBody | null> {
  try {
    const source = openBody(await mailbox.messageContents(info, uniqueId));
    try {
      return new StartedBody(source, await source.nextChunk(), head);
    } catch (error) {
      await source.close();
      throw error;
    }
  } catch (error) {
    if (await isGone(mailbox, info, uniqueId)) return null;
    throw error;
  }
}

/** A body whose first chunk is here already. */
class StartedBody implements MessageBody {
  readonly #source: MessageBody;
  readonly #head: HeadCutter | null;
  #first: Uint8Array | null;

  constructor(
    source: MessageBody,
    first: Uint8Array | null,
    head: HeadCutter | null,
  ) {
    this.#source = source;
    this.#first = first;
    this.#head = head;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#head?.isComplete === true) return null;
    const chunk = this.#first ?? await this.#source.nextChunk();
    this.#first = null;
    return chunk === null || this.#head === null
      ? chunk
      : this.#head.cut(chunk);
  }

  close(): void | Promise<void> {
    return this.#source.close();
  }
}
