/** The two halves of a mailbox: a store for as long as the server runs, and a mailbox for each login. */
import type { GivenPath } from "../files/given_path.ts";
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { type MessageList, SHARED_LIST } from "../provider/message_list.ts";
import type { Inspection, InspectionProgress } from "./inspection.ts";
import type { MailboxCount } from "./mailbox_count.ts";

/** The mailbox of one login: its snapshot and its lock are fields of this object. */
export interface LoginMailbox extends Mailbox {
  readonly name: string;
  messageSizes(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<readonly (number | null)[]>;
  release(info: ConnectionInfo): Awaitable<void>;
  [SHARED_LIST](info: ConnectionInfo): MessageList | null;
}

/** What all logins of a mailbox share: caches, an index, the last snapshot. */
export interface MailboxStore {
  /** The name of the mailbox in events and log lines. */
  readonly name: string;
  /** The path of the folder, or of the file. */
  readonly path: string;
  /**
   * Makes the mailbox of a login. It reads nothing until its list is asked for.
   *
   * @param seen what is at the path, where the caller has just looked, and asks for the list in the same turn of the event
   * loop
   */
  open(info: ConnectionInfo, seen?: GivenPath | null): LoginMailbox;
  /** How many messages are there now, and what is left out. */
  count(): Promise<MailboxCount>;
  /** Reads every message, and reports what is in the mailbox. Writes nothing. */
  inspect(progress: InspectionProgress): Promise<Inspection>;
}

/** Operations that call those of another mailbox, which `of` chooses by the connection. */
export function delegated(of: (info: ConnectionInfo) => LoginMailbox): Omit<LoginMailbox, "name"> {
  return {
    listMessageUniqueIds: (info) => of(info).listMessageUniqueIds(info),
    [SHARED_LIST]: (info) => of(info)[SHARED_LIST](info),
    mailboxIsReadOnly: (info) => of(info).mailboxIsReadOnly(info),
    messageExists: (info, uniqueId) => of(info).messageExists(info, uniqueId),
    messageSize: (info, uniqueId) => of(info).messageSize(info, uniqueId),
    messageSizes: (info, uniqueIds) => of(info).messageSizes(info, uniqueIds),
    messageContents: (info, uniqueId) => of(info).messageContents(info, uniqueId),
    messageDelete: (info, uniqueIds) => of(info).messageDelete(info, uniqueIds),
    release: (info) => of(info).release(info),
  };
}

/**
 * One object for many logins, which it distinguishes by their connections, for programs that keep a mailbox in a
 * constant. The providers of this package open a mailbox for each login instead.
 */
export function sharedMailbox(
  store: MailboxStore | Pick<MailboxStore, "name" | "open">,
): LoginMailbox {
  const logins = new WeakMap<ConnectionInfo, LoginMailbox>();
  const of = (info: ConnectionInfo): LoginMailbox => {
    const mailbox = logins.get(info) ?? store.open(info);
    logins.set(info, mailbox);
    return mailbox;
  };
  const mailbox = { name: store.name, ...delegated(of) };
  if ("inspect" in store) stores.set(mailbox, store);
  return mailbox;
}

/** Looked up by a check, which asks the store of a mailbox of this package. */
const stores = new WeakMap<Mailbox, MailboxStore>();

/** The store of a shared mailbox; null for any other mailbox. */
export function storeOf(mailbox: Mailbox): MailboxStore | null {
  return stores.get(mailbox) ?? null;
}
