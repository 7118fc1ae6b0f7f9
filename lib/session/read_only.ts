import type { Mailbox } from "../provider/mailbox.ts";
import type { Awaitable } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";

/** Whether the mailbox refuses deletions. */
export function isReadOnly(
  { info }: HandlerContext,
  mailbox: Mailbox,
): Awaitable<boolean> {
  return mailbox.mailboxIsReadOnly(info);
}
