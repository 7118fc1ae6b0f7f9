/**
 * For authors of providers: the tests that every mailbox must pass.
 *
 * @module
 */
export {
  type MailboxConformance,
  type MailboxFixture,
  testConnectionInfo,
  testMailbox,
} from "./mailbox_conformance.ts";
export { MemoryMailbox, type MemoryMailboxOptions } from "../mailbox/memory_mailbox.ts";
export type { Mailbox } from "../mailbox/mailbox.ts";
export type { ConnectionInfo } from "../mailbox/connection_info.ts";
export type { MessageContent, MessageLines } from "../mailbox/message_content.ts";
export type { Awaitable, MessageBody } from "../protocol/reply.ts";
