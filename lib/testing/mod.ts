/**
 * For authors of providers and of clients: the tests that every mailbox must pass, a mailbox in memory, transcripts and
 * what plays them, a small client, and faults on request.
 *
 * @module
 */
export {
  type MailboxConformance,
  type MailboxFixture,
  testConnectionInfo,
  testMailbox,
} from "./mailbox_conformance.ts";
export {
  type SecureTestServer,
  startTestServer,
  type TestMessages,
  type TestServer,
  type TestServerOptions,
} from "./test_server.ts";
export {
  type TestCertificate,
  testCertificate,
  type TestCertificateOptions,
} from "./test_certificate.ts";
export { Pop3Client, type Pop3ClientOptions } from "./pop3_client.ts";
export { type ClientReply, ReplyError, ServerClosedError } from "./client_reply.ts";
export { parseTranscript, type TranscriptOptions } from "./parse_transcript.ts";
export type { Transcript, TranscriptStep } from "./transcript.ts";
export {
  type OpenTranscriptPeer,
  playTranscript,
  type TranscriptPeer,
  type TranscriptScene,
} from "./play_transcript.ts";
export { faultyProvider } from "../faults/faulty_provider.ts";
export {
  type FaultName,
  type FaultPlace,
  type FaultPlan,
  type FaultRule,
  parseFaultPlan,
} from "../faults/fault_rules.ts";
export { MemoryMailbox, type MemoryMailboxOptions } from "../mailbox/memory_mailbox.ts";
export type { Certificate } from "../transport/tls/certificate.ts";
export type { MemoryMessage, MemoryMessages } from "../mailbox/memory_messages.ts";
export type { Mailbox } from "../provider/mailbox.ts";
export type { ConnectionInfo } from "../provider/connection_info.ts";
export type { MessageContent } from "../provider/message_content.ts";
export type { MessageLines } from "../provider/message_lines.ts";
export type { Awaitable, MessageBody } from "../protocol/reply.ts";
