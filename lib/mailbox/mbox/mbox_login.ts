/** An mbox as one login sees it: its snapshot and its lock. */
import type { OpenFile } from "../../files/regular_file.ts";
import type { MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import { type MessageList, SHARED_LIST } from "../../provider/message_list.ts";
import type { LoginMailbox } from "../mailbox_store.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import { MboxBody } from "./mbox_body.ts";
import type { MboxIndex, MboxMessage } from "./mbox_index.ts";

const CHANGED = "That message has changed since you logged in.";
const MOST_ATTEMPTS = 5;

/** What a login needs from its store, which it shares with other logins. */
export interface SharedMbox {
  readonly name: string;
  /** The index of the file as it is now. */
  look(): Promise<MboxIndex>;
  /** The index once nobody is in the middle of writing. */
  lookSettled(): Promise<MboxIndex>;
  /** Opens the file if the message is where it was; null if the file has to be indexed again. */
  openAt(index: MboxIndex, message: MboxMessage): Promise<OpenFile | null>;
  mayDelete(): Promise<boolean>;
  /** Deletes all messages that `doomedOf` finds in the index, or throws and has deleted none. */
  delete(doomedOf: (index: MboxIndex) => ReadonlySet<string>): Promise<void>;
}

/** An mbox for one login. */
export class MboxLogin implements LoginMailbox {
  readonly name: string;
  readonly #store: SharedMbox;
  /** The messages of the last list that the client got. */
  #snapshot: MboxIndex | null = null;
  /** The messages of earlier lists. */
  #shown = new Map<string, MboxMessage>();
  #new: { readonly index: MboxIndex; readonly origins: ReadonlySet<number> } | null = null;
  /** Found out once, when the first message is to be deleted. */
  #mayDelete: Promise<boolean> | null = null;

  constructor(store: SharedMbox) {
    this.#store = store;
    this.name = store.name;
  }

  /**
   * The unique ids of the messages that are there now.
   *
   * @throws {Deno.errors.NotFound} when the file is not there
   * @throws {Pop3ResponseError} with the code `IN-USE` when another program has the mailbox
   */
  async listMessageUniqueIds(): Promise<readonly string[]> {
    const before = this.#snapshot;
    this.#new = null;
    this.#snapshot = await this.#store.lookSettled();
    if (before !== null && before !== this.#snapshot) {
      this.#shown = new Map([...this.#shown, ...before.messages]);
    }
    return this.#snapshot.list.uniqueIds;
  }

  /** The list that the client got last. */
  [SHARED_LIST](): MessageList | null {
    return this.#snapshot?.list ?? null;
  }

  async mailboxIsReadOnly(): Promise<boolean> {
    return !await (this.#mayDelete ??= this.#store.mayDelete());
  }

  /**
   * Whether the message is still in the file, at any place.
   *
   * @throws {Pop3ResponseError} when it has been changed
   */
  async messageExists(_info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    this.#messageOf(uniqueId);
    if ((await this.#store.look()).messages.has(uniqueId)) return true;
    // It may reappear once a failed deletion is undone, or another program has finished writing the file.
    return this.#isIn(await this.#store.lookSettled(), uniqueId);
  }

  messageSize(_info: ConnectionInfo, uniqueId: string): number {
    return this.#messageOf(uniqueId).octets;
  }

  messageSizes(_info: ConnectionInfo, uniqueIds: readonly string[]): readonly number[] {
    return uniqueIds.map((uniqueId) => this.#messageOf(uniqueId).octets);
  }

  async messageContents(info: ConnectionInfo, uniqueId: string): Promise<MessageBody> {
    this.#messageOf(uniqueId);
    let index = this.#snapshot;
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const message = index?.messages.get(uniqueId);
      if (index !== null && message !== undefined) {
        const file = await this.#store.openAt(index, message);
        if (file !== null) return new MboxBody(file, message);
      }
      if (!await this.messageExists(info, uniqueId)) break;
      index = await this.#store.look();
    }
    throw new Pop3ResponseError("That message is gone.");
  }

  /** Deletes all of the messages, or throws and has deleted none. */
  async messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    await this.#store.delete((index) =>
      new Set(uniqueIds.filter((uniqueId) => this.#isIn(index, uniqueId)))
    );
  }

  /** Forgets what the client has listed: after a WAKE it gets a new list. */
  release(): void {
    this.#snapshot = null;
    this.#shown.clear();
    this.#new = null;
    this.#mayDelete = null;
  }

  /**
   * Whether a message is in the index. If a message of the same origin is new to this login, it is this one with
   * other contents, and that is an error.
   */
  #isIn(index: MboxIndex, uniqueId: string): boolean {
    const { origin } = this.#messageOf(uniqueId);
    if (index.messages.has(uniqueId)) return true;
    if (this.#newIn(index).has(origin)) throw new Pop3ResponseError(CHANGED);
    return false;
  }

  /** The origins of messages that the client has not listed; made once for each index. */
  #newIn(index: MboxIndex): ReadonlySet<number> {
    if (this.#new?.index !== index) {
      const messages = [...index.messages.values()];
      const isNew = ({ uniqueId }: MboxMessage) => !this.#isShown(uniqueId);
      const origins = new Set(messages.filter(isNew).map(({ origin }) => origin));
      this.#new = { index, origins };
    }
    return this.#new.origins;
  }

  #isShown(uniqueId: string): boolean {
    return this.#snapshot?.messages.has(uniqueId) === true || this.#shown.has(uniqueId);
  }

  #messageOf(uniqueId: string): MboxMessage {
    const message = this.#snapshot?.messages.get(uniqueId) ?? this.#shown.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }
}
