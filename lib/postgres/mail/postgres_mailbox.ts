/** The mailbox of one login. */
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import { type MessageList, SHARED_LIST, type SharingMailbox } from "../../provider/message_list.ts";
import type { MessageContent } from "../../provider/message_content.ts";
import { Pop3ResponseError } from "../../provider/response_error.ts";
import type { Database } from "../postgres_database.ts";
import { deleteMessages, leaseLost } from "./deletion.ts";
import type { Lease, Leases } from "./leases.ts";
import { type Lists, parseList, type VersionedList } from "./lists.ts";
import { ChunkedBody } from "./message_body.ts";

/** What the mailboxes of a provider share. */
export interface MailMeans {
  readonly database: Database;
  readonly lists: Lists;
  /** Null where sessions share a mailbox. */
  readonly leases: Leases | null;
  readonly isReadOnly: boolean;
}

/** A mailbox as its account names it. */
export interface FoundMailbox {
  readonly name: string;
  /** Null for one that no message has been delivered to. */
  readonly id: string | null;
  /** Its version when the account was looked up. */
  readonly version: string | null;
}

export class PostgresMailbox implements Mailbox, SharingMailbox {
  readonly name: string;
  readonly #means: MailMeans;
  readonly #id: string | null;
  /** The version that the account was seen with; null once the list was asked for. */
  #seenVersion: string | null;
  #list: MessageList | null = null;
  #lease: Lease | null = null;

  constructor(found: FoundMailbox, means: MailMeans) {
    this.name = found.name;
    this.#means = means;
    this.#id = found.id;
    this.#seenVersion = found.version;
  }

  async listMessageUniqueIds(): Promise<readonly string[]> {
    this.#list = this.#id === null ? parseList(null) : await this.#open(this.#id);
    return this.#list.uniqueIds;
  }

  [SHARED_LIST](): MessageList | null {
    return this.#list;
  }

  mailboxIsReadOnly(): boolean {
    return this.#means.isReadOnly;
  }

  async messageExists(_info: ConnectionInfo, uniqueId: string): Promise<boolean> {
    return await this.#octetsNow(uniqueId) !== null;
  }

  async messageSize(_info: ConnectionInfo, uniqueId: string): Promise<number> {
    const [octets = null] = this.messageSizes(_info, [uniqueId]);
    const now = octets ?? await this.#octetsNow(uniqueId);
    if (now === null) throw new Pop3ResponseError("No such message.");
    return now;
  }

  /** The sizes of the list: a message does not change. */
  messageSizes(_info: ConnectionInfo, uniqueIds: readonly string[]): readonly (number | null)[] {
    const list = this.#list;
    if (list === null || list.octets === null) return uniqueIds.map(() => null);
    if (list.isAll(uniqueIds)) return list.octets;
    const { octets } = list;
    return uniqueIds.map((uniqueId) => octets[(list.numberOf(uniqueId) ?? 0) - 1] ?? null);
  }

  async messageContents(_info: ConnectionInfo, uniqueId: string): Promise<MessageContent | null> {
    if (this.#id === null) return null;
    return await ChunkedBody.open(this.#means.database, this.#id, uniqueId);
  }

  async messageDelete(_info: ConnectionInfo, uniqueIds: readonly string[]): Promise<void> {
    if (this.#id === null || uniqueIds.length === 0) return;
    if (this.#lease?.isLost === true) throw leaseLost();
    await deleteMessages(this.#means.database, this.#id, uniqueIds, this.#lease?.token ?? null);
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    this.#lease = null;
    if (lease !== null && !lease.isLost) await this.#means.leases?.release(lease);
  }

  /** @throws {Pop3ResponseError} `[IN-USE]` while another session has the lease */
  async #open(id: string): Promise<MessageList> {
    const { database, lists, leases } = this.#means;
    const known = lists.get(id);
    const seen = this.#seenVersion;
    this.#seenVersion = null;
    const isNew = leases !== null && (this.#lease === null || this.#lease.isLost);
    if (known !== null && known.version === seen && !isNew) return known.list;
    const token = isNew ? crypto.randomUUID() : null;
    const [row] = await database.query(
      "list",
      "select is_taken, now_version, list from pop3svc.open_mailbox($1, $2, $3, $4, $5)",
      [id, known?.version ?? null, leases?.holder ?? null, token, leases?.interval ?? null],
    );
    const [isTaken, version = null, text = null] = row ?? [];
    if (isTaken !== "t") {
      throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
    }
    if (token !== null) {
      this.#lease = { token, mailboxName: this.name, isLost: false };
      leases?.hold(this.#lease);
    }
    // It was deleted since the account was looked up.
    if (version === null) return parseList(null);
    return this.#keep(id, known, version, text).list;
  }

  #keep(
    id: string,
    known: VersionedList | null,
    version: string,
    text: string | null,
  ): VersionedList {
    if (known?.version === version) return known;
    const versioned = { version, list: parseList(text) };
    this.#means.lists.set(id, versioned);
    return versioned;
  }

  async #octetsNow(uniqueId: string): Promise<number | null> {
    if (this.#id === null) return null;
    const [row] = await this.#means.database.query(
      "size",
      "select octets from pop3svc.message where mailbox = $1 and unique_id = $2",
      [this.#id, uniqueId],
    );
    const octets = row?.[0] ?? null;
    return octets === null ? null : Number(octets);
  }
}
