/** Opens messages that are files: from memory if they were read lately, and where they are now if they were renamed. */
import { type Awaitable, type MessageBody, then } from "../../protocol/reply.ts";
import type { FileSizes } from "./file_sizes.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { type Learn, messageBody, recentBody } from "./message_file.ts";
import type { MessageFile } from "./message_table.ts";
import type { MessageLocator } from "./message_locator.ts";
import { recentMessages } from "./recent_messages.ts";

export class MessageOpener {
  readonly #folder: MailboxFolder;
  readonly #locator: MessageLocator;
  readonly #sizes: FileSizes;

  constructor(folder: MailboxFolder, locator: MessageLocator, sizes: FileSizes) {
    this.#folder = folder;
    this.#locator = locator;
    this.#sizes = sizes;
  }

  /** The message; null when it is gone or has changed. A promise only where something must be waited for. */
  open(message: MessageFile): Awaitable<MessageBody | null> {
    const isClean = this.#sizes.isClean(message);
    return then(
      this.#openAt(message.path, message, isClean),
      (body) => body ?? this.#openMoved(message, isClean),
    );
  }

  async #openMoved(message: MessageFile, isClean: boolean): Promise<MessageBody | null> {
    const place = await this.#locator.find(message);
    if (place === null || place === "changed") return null;
    return await this.#openAt(place, message, isClean);
  }

  #openAt(place: string, message: MessageFile, isClean: boolean): Awaitable<MessageBody | null> {
    const path = `${this.#folder.path}/${place}`;
    if (!recentMessages.has(path)) return this.#read(path, message, isClean);
    return then(this.#folder.files.look(path), (facts) => {
      const recent = facts !== null && this.#folder.isStill(facts, message.identity)
        ? recentBody(path, facts, isClean)
        : null;
      return recent ?? this.#read(path, message, isClean);
    });
  }

  #read(path: string, message: MessageFile, isClean: boolean): Awaitable<MessageBody | null> {
    return then(this.#folder.files.open(path, this.#folder.isExposed, message.identity), (file) => {
      if (file === null) return null;
      if (this.#folder.isStill(file.info, message.identity)) {
        const learn: Learn = (octets, isClean) => this.#sizes.learn(message, octets, isClean);
        return messageBody(path, file, isClean, learn);
      }
      file[Symbol.dispose]();
      return null;
    });
  }
}
