/** Where the mail of a mailbox lies, for as long as the server runs, and the mailbox that each login gets of it. */
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { type MessageList, SHARED_LIST } from "../provider/message_list.ts";

/** A mailbox whose snapshot and lock are its own: it serves one login. */
export interface LoginMailbox extends Mailbox {
  readonly name: string;
  messageSizes(
    info: ConnectionInfo,
    uniqueIds: readonly string[],
  ): Awaitable<readonly (number | null)[]>;
  release(info: ConnectionInfo): Awaitable<void>;
  [SHARED_LIST](info: ConnectionInfo): MessageList | null;
}

/** Caches, an index and a snapshot that logins share. */
export interface MailboxStore {
  /** What the mailbox is called in events and log lines. */
  readonly name: string;
  /** The mailbox of a login; the mail is looked at when its list is asked for. */
  open(info: ConnectionInfo): LoginMailbox;
}

/** One mailbox for many logins, which are told apart by their connection. */
export function sharedMailbox(store: MailboxStore): LoginMailbox {
  const logins = new WeakMap<ConnectionInfo, LoginMailbox>();
  const of = (info: ConnectionInfo): LoginMailbox => {
    const mailbox = logins.get(info) ?? store.open(info);
    logins.set(info, mailbox);
    return mailbox;
  };
  return {
    name: store.name,
    listMessageUniqueIds: (info) => of(info).listMessageUniqueIds(info),
    [SHARED_LIST]: (info) => of(info)[SHARED_LIST](info),
    mailboxIsReadOnly: (info) => of(info).mailboxIsReadOnly(info),
    messageExists: (info, uniqueId) => of(info).messageExists(info, uniqueId),
    messageSize: (info, uniqueId) => of(info).messageSize(info, uniqueId),
    messageSizes: (info, uniqueIds) => of(info).messageSizes(info, uniqueIds),
    messageContents: (info, uniqueId) => of(info).messageContents(info, uniqueId),
    messageDelete: (info, uniqueIds) => of(info).messageDelete(info, uniqueIds),
    async release(info) {
      const mailbox = of(info);
      logins.delete(info);
      await mailbox.release(info);
    },
  };
}
