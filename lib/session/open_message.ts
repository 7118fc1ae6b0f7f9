/**
 * Opens a message, and reads its first chunk unless the message is in memory, before `+OK` is sent: a failure can still
 * become `-ERR`.
 */
import type { Mailbox } from "../provider/mailbox.ts";
import { OneChunkBody } from "../provider/bodies.ts";
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
  recover,
  then,
} from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import type { Text } from "./languages/text.ts";
import { isGone } from "./maildrop.ts";
import { messageIsGone } from "./message_number.ts";

/**
 * The message, or the part of it that `head` keeps; or the reply where it cannot be read. A promise only where the mailbox
 * gives one: most messages are small, and are there at once.
 */
export function openMessage(
  context: HandlerContext,
  mailbox: Mailbox,
  uniqueId: string,
  head: HeadCutter | null = null,
): Awaitable<MessageBody | ErrorReply<Text>> {
  const { info } = context;
  return recover(
    () =>
      then(mailbox.messageContents(info, uniqueId), (content) => {
        if (content === null) return messageIsGone;
        const body = openBody(content);
        const whole = head === null ? OneChunkBody.unaltered(body) : null;
        return whole ?? started(new StartedBody(body, head, context, uniqueId));
      }),
    async (error) =>
      await isGone(mailbox, info, uniqueId) ? messageIsGone : context.fail(error, "message"),
  );
}

function started(body: StartedBody): Awaitable<MessageBody> {
  return recover(
    () => then(body.start(), () => body),
    async (error) => {
      await body.close();
      throw error;
    },
  );
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

  start(): Awaitable<void> {
    return then(this.#ask(), (chunk) => {
      this.#first = chunk;
    });
  }

  nextChunk(): Awaitable<Uint8Array | null> {
    if (this.#head?.isComplete === true) return null;
    const chunk = this.#first ?? this.#ask();
    this.#first = null;
    return this.#head === null ? chunk : then(chunk, (octets) => this.#cut(octets));
  }

  /** A failure to close goes to the events only: the client has its message, or will not get it. */
  close(): Awaitable<void> {
    const { operations } = this.#context;
    return recover(
      () => operations.ask("close", this.#uniqueId, () => this.#source.close(), nothing),
      (failure) => void this.#context.fail(failure),
    );
  }

  #cut(chunk: Uint8Array | null): Uint8Array | null {
    return chunk === null || this.#head === null ? chunk : this.#head.cut(chunk);
  }

  #ask(): Awaitable<Uint8Array | null> {
    const { operations } = this.#context;
    const ask = () => this.#source.nextChunk();
    return operations.ask("messageContents", this.#uniqueId, ask, octetsOrNull);
  }
}
