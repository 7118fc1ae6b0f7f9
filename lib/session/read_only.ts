import type { Mailbox } from "../provider/mailbox.ts";
import type { Awaitable } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";

/** Whether the mailbox refuses deletions. */
export function isReadOnly(
  { info, waitFor }: HandlerContext,
  mailbox: Mailbox,
): Awaitable<boolean> {
  waitFor("mailboxIsReadOnly");
  return mailbox.mailboxIsReadOnly(info);
}
