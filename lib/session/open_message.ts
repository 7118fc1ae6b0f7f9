/** Opens a message and reads its first chunk before `+OK` is sent, so that a failure can still become `-ERR`. */
import type { Mailbox } from "../provider/mailbox.ts";
import { openBody } from "../provider/message_content.ts";
import type { HeadCutter } from "../protocol/message_head.ts";
import { nothing, octetsOrNull } from "../border/answers.ts";
import {
  type Awaitable,
  CLEAN,
  COUNTED,
  type CountedBody,
  type ErrorReply,
  isClean,
  isCounted,
  type MessageBody,
} from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import type { Text } from "./languages/text.ts";
import { isGone } from "./maildrop.ts";
import { messageIsGone } from "./message_number.ts";

/** The message, or the part of it that `head` keeps; or the reply where it cannot be read. */
export async function openMessage(
  context: HandlerContext,
  mailbox: Mailbox,
  uniqueId: string,
  head: HeadCutter | null = null,
): Promise<MessageBody | ErrorReply<Text>> {
  const { info } = context;
  try {
    const content = await mailbox.messageContents(info, uniqueId);
    if (content === null) return messageIsGone;
    const body = new StartedBody(openBody(content), head, context, uniqueId);
    try {
      await body.start();
      return body;
    } catch (error) {
      await body.close();
      throw error;
    }
  } catch (error) {
    return await isGone(mailbox, info, uniqueId) ? messageIsGone : context.fail(error, "message");
  }
}

/** A body whose first chunk is read ahead. */
class StartedBody implements CountedBody {
  readonly #source: MessageBody;
  readonly #head: HeadCutter | null;
  readonly #context: HandlerContext;
  readonly #uniqueId: string;
  #first: Uint8Array | null = null;

  constructor(
    source: MessageBody,
    head: HeadCutter | null,
    context: HandlerContext,
    uniqueId: string,
  ) {
    this.#source = source;
    this.#head = head;
    this.#context = context;
    this.#uniqueId = uniqueId;
  }

  /** TOP may end in the middle of a line, and must complete it. */
  get [CLEAN](): boolean {
    return this.#head === null && isClean(this.#source);
  }

  [COUNTED](octets: number, isClean: boolean): void {
    if (this.#head === null && isCounted(this.#source)) this.#source[COUNTED](octets, isClean);
  }

  get isAtEnd(): boolean {
    // Unknown counts as true.
    return this.#head !== null || (this.#source.isAtEnd ?? true);
  }

  async start(): Promise<void> {
    this.#first = await this.#ask();
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#head?.isComplete === true) return null;
    const chunk = this.#first ?? await this.#ask();
    this.#first = null;
    return chunk === null || this.#head === null ? chunk : this.#head.cut(chunk);
  }

  /** A failure to close goes to the events only: the client has its message, or will not get it. */
  async close(): Promise<void> {
    const { operations } = this.#context;
    try {
      await operations.ask("close", this.#uniqueId, () => this.#source.close(), nothing);
    } catch (failure) {
      this.#context.fail(failure);
    }
  }

  #ask(): Awaitable<Uint8Array | null> {
    const { operations } = this.#context;
    const ask = () => this.#source.nextChunk();
    return operations.ask("messageContents", this.#uniqueId, ask, octetsOrNull);
  }
}
