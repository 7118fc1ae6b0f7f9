/**
 * The mailbox of one login, where each message is a file. It remembers what the client has listed, so that a unique id
 * means the same message until the session ends. It shares everything else through the FileStore.
 */
import type { GivenPath } from "../../files/given_path.ts";
import type { Awaitable, MessageBody } from "../../protocol/reply.ts";
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import { type MessageList, SHARED_LIST } from "../../provider/message_list.ts";
import type { LoginMailbox } from "../mailbox_store.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { FileSizes } from "./file_sizes.ts";
import type { MessageFile } from "./message_table.ts";
import type { Snapshot } from "./shared_snapshot.ts";

const CHANGED = "That message has changed since you logged in.";

/** What a login needs from its store, which it shares with other logins. */
export interface SharedFiles {
  readonly name: string;
  readonly sizes: FileSizes;
  /** Called when a session has listed the mailbox. @returns what is called when it ends */
  begin(): () => void;
  /**
   * The messages that are there now.
   *
   * @param seen what is at the path, where the caller has looked in this turn of the event loop
   */
  look(seen: GivenPath | null): Promise<Snapshot>;
  /** Makes the next `look` list again, since a file is not as it was at the last one. */
  forget(): void;
  /** Where the message is now: null when it is gone, `changed` when something else is in its place. */
  find(message: MessageFile): Promise<string | "changed" | null>;
  /** The message; null when it is gone or has changed. */
  openMessage(message: MessageFile): Awaitable<MessageBody | null>;
  mayDelete(): Promise<boolean>;
  /** Deletes all of the messages, or throws and has deleted none. */
  delete(messages: readonly MessageFile[]): Promise<void>;
}

/** A mailbox of files for one login. */
export class FileMailbox implements LoginMailbox {
  readonly name: string;
  readonly #store: SharedFiles;
  #seen: GivenPath | null;
  #end: (() => void) | null = null;
  /** The messages of the last list that the client got. */
  #snapshot: Snapshot | null = null;
  /**
   * The messages of earlier lists that are not the same in the last one: a unique id names the same message until the
   * session ends.
   */
  readonly #earlier = new Map<string, MessageFile>();
  /** Found out once, when the client first wants to delete. */
  #mayDelete: Promise<boolean> | null = null;

  /** @param seen what is at the path, for a list that is asked for in this turn of the event loop */
  constructor(store: SharedFiles, seen: GivenPath | null = null) {
    this.#store = store;
    this.#seen = seen;
    this.name = store.name;
  }

  /**
   * The unique ids of the messages that are there now.
   *
   * @throws {Deno.errors.NotFound} when the folder is not there
   */
  async listMessageUniqueIds(): Promise<readonly string[]> {
    const before = this.#snapshot;
    const seen = this.#seen;
    this.#seen = null;
    const snapshot = await this.#store.look(seen);
    this.#end ??= this.#store.begin();
    if (before !== null && before !== snapshot) this.#keepChanged(before, snapshot);
    this.#snapshot = snapshot;
    return snapshot.list.uniqueIds;
  }

  /** The list that the client got last. */
  [SHARED_LIST](): MessageList | null {
    return this.#snapshot?.list ?? null;
  }

  /** Whether nothing can be deleted, because of the options or the disk. */
  async mailboxIsReadOnly(): Promise<boolean> {
    return !await (this.#mayDelete ??= this.#store.mayDelete());
  }

  /**
   * Whether the message is still there.
   *
   * @throws {Pop3ResponseError} when something else is in its place
   */
  async messageExists(_info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    const message = this.#messageOf(uniqueId);
    const place = await this.#store.find(message);
    if (place === "changed") throw this.#changed();
    // DELE asks first whether the message exists, and must not delete a whole mbox as one message.
    if (place !== null && await this.#store.sizes.isMbox(message)) {
      throw new Pop3ResponseError("That file is an mbox with several messages.", {
        code: "SYS/PERM",
      });
    }
    return place !== null;
  }

  /** The octets as sent. They are counted once, and again only when the file has changed. */
  async messageSize(info: ConnectionInfo, uniqueId: string): Promise<number> {
    const [octets = null] = await this.messageSizes(info, [uniqueId]);
    if (octets === null) throw this.#changed();
    return octets;
  }

  /** The octets of many messages; null for a message that is gone or has changed. */
  async messageSizes(
    _info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Promise<readonly (number | null)[]> {
    const snapshot = this.#snapshot;
    return snapshot?.list.isAll(uniqueIds) === true
      ? await this.#store.sizes.ofAll(snapshot)
      : await this.#store.sizes.of(uniqueIds.map((uniqueId) => this.#messageOf(uniqueId)));
  }

  /** The bytes of the file. */
  messageContents(_info: ConnectionInfo, uniqueId: string): Awaitable<MessageBody> {
    const message = this.#messageOf(uniqueId);
    const opened = (body: MessageBody | null) => {
      if (body === null) throw this.#changed();
      return body;
    };
    try {
      const body = this.#store.openMessage(message);
      if (body instanceof Promise) return body.catch(cannotRead).then(opened);
      if (body !== null) return body;
    } catch (error) {
      cannotRead(error);
    }
    throw this.#changed();
  }

  /** Deletes all of the files, or throws and has deleted none. */
  async messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    await this.#store.delete(uniqueIds.map((uniqueId) => this.#messageOf(uniqueId)));
  }

  /** Forgets what the client has listed: after a WAKE it gets a new list. */
  release(): void {
    this.#end?.();
    this.#end = null;
    this.#snapshot = null;
    this.#earlier.clear();
    this.#mayDelete = null;
  }

  #keepChanged(before: Snapshot, now: Snapshot): void {
    for (const message of before.messages.values()) {
      const { uniqueId, identity } = message;
      const row = now.messages.rowOf(uniqueId);
      if (row >= 0 && now.messages.isStill(row, identity)) continue;
      if (!this.#earlier.has(uniqueId)) this.#earlier.set(uniqueId, message);
    }
  }

  #changed(): Pop3ResponseError {
    this.#store.forget();
    return new Pop3ResponseError(CHANGED);
  }

  #messageOf(uniqueId: string): MessageFile {
    const message = this.#earlier.get(uniqueId) ?? this.#snapshot?.messages.get(uniqueId);
    if (message === undefined) throw new Pop3ResponseError("No such message.");
    return message;
  }
}

/** The error concerns only this message: the session goes on. */
function cannotRead(cause: unknown): never {
  const code = cause instanceof Deno.errors.PermissionDenied ? "SYS/PERM" : "SYS/TEMP";
  throw new Pop3ResponseError("That message cannot be read.", { code, cause });
}
