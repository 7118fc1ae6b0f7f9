/** A login to a mailbox under test: it checks the form of each answer, and says in a few lines what broke a rule. */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { openBody } from "../provider/message_content.ts";
import type { MessageBody } from "../protocol/reply.ts";

/** A rule is broken; the message says how, and names the message of the mailbox. */
export class BrokenRule extends Error {
  /** @param uniqueId the message that shows it, where it is one */
  constructor(text: string, uniqueId?: string, cause?: unknown) {
    super(uniqueId === undefined ? text : `message ${shown(uniqueId)}: ${text}`, { cause });
  }
}

/** The mailbox of one login. */
export class TestedLogin {
  readonly #mailbox: Mailbox;
  readonly #info: ConnectionInfo;

  constructor(mailbox: Mailbox, info: ConnectionInfo) {
    this.#mailbox = mailbox;
    this.#info = info;
  }

  async list(): Promise<readonly string[]> {
    const listed = await named(
      "listMessageUniqueIds",
      undefined,
      () => this.#mailbox.listMessageUniqueIds(this.#info),
    );
    if (Array.isArray(listed)) return [...listed];
    throw new BrokenRule(`listMessageUniqueIds gives ${shown(listed)}, which is no array`);
  }

  exists(uniqueId: string): Promise<unknown> {
    return named(
      "messageExists",
      uniqueId,
      () => this.#mailbox.messageExists(this.#info, uniqueId),
    );
  }

  size(uniqueId: string): Promise<unknown> {
    return named("messageSize", uniqueId, () => this.#mailbox.messageSize(this.#info, uniqueId));
  }

  /** Undefined where the mailbox has no such operation. */
  async sizes(uniqueIds: readonly string[]): Promise<readonly unknown[] | undefined> {
    return await named(
      "messageSizes",
      undefined,
      () => this.#mailbox.messageSizes?.(this.#info, uniqueIds),
    );
  }

  isReadOnly(): Promise<unknown> {
    return named("mailboxIsReadOnly", undefined, () => this.#mailbox.mailboxIsReadOnly(this.#info));
  }

  async delete(uniqueIds: readonly string[]): Promise<void> {
    await named(
      "messageDelete",
      undefined,
      () => this.#mailbox.messageDelete(this.#info, uniqueIds),
    );
  }

  /** All octets of a message. */
  async read(uniqueId: string): Promise<Uint8Array> {
    const body = await this.#open(uniqueId);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    await named("reading", uniqueId, async () => {
      try {
        for (let chunk = await body.nextChunk(); chunk !== null; chunk = await body.nextChunk()) {
          chunks.push(chunk.slice());
        }
      } finally {
        await body.close();
      }
    });
    return await new Blob(chunks).bytes();
  }

  /** Reads the first chunk of a message, and closes it. */
  async readStart(uniqueId: string): Promise<void> {
    const body = await this.#open(uniqueId);
    await named("reading", uniqueId, () => body.nextChunk());
    await named("close", uniqueId, () => body.close());
  }

  #open(uniqueId: string): Promise<MessageBody> {
    return named("messageContents", uniqueId, async () => {
      const content = await this.#mailbox.messageContents(this.#info, uniqueId);
      if (content !== null) return openBody(content);
      throw new BrokenRule("messageContents gives null, as for one that is gone", uniqueId);
    });
  }
}

/** A value for a line of text. */
export function shown(value: unknown): string {
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : String(value).replaceAll(/\s*\n\s*/g, " ");
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Calls an operation; what it throws is told with its name, and the message's. */
async function named<T>(
  operation: string,
  uniqueId: string | undefined,
  call: () => T | PromiseLike<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BrokenRule) throw error;
    throw new BrokenRule(`${operation} throws ${shown(error)}`, uniqueId, error);
  }
}
