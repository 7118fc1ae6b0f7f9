/**
 * A POP3 service of your own: a listener that talks the protocol, and the interfaces to give it mail.
 *
 * {@linkcode Pop3Listener} opens ports. A {@linkcode MailboxProvider} decides who may log in, a
 * {@linkcode Mailbox} holds the mail. RFC 1939, with RFC 2449 (CAPA) and RFC 3206 (response codes).
 *
 * @module
 */
export { Pop3Listener } from "./listener/pop3_listener.ts";
export type {
  ListenOptions,
  Pop3ListenerOptions,
  ServeOptions,
} from "./listener/listener_options.ts";
export type { ListenerStatus, PortStatus, SessionCounts } from "./listener/listener_status.ts";
export type { Acceptor } from "./listener/accept_loop.ts";
export type { Clock } from "./connection/clock.ts";
export {
  type Ban,
  type BanEngine,
  type BanStanding,
  StrikeBanEngine,
  type StrikeBanEngineOptions,
} from "./guard/ban_engine.ts";
export type { LimitReached } from "./guard/connection_limits.ts";
export type { Certificate, CertificateSource } from "./tls/certificate.ts";
export type { FaultName, FaultPlace, FaultPlan, FaultRule } from "./faults/fault_rules.ts";
export { certificateFiles } from "./tls/certificate_files.ts";
export type { ConnectionInfo, TlsFacts } from "./mailbox/connection_info.ts";
export type { Mailbox } from "./mailbox/mailbox.ts";
export type {
  MailboxProvider,
  ScramChallenge,
  ScramVerifier,
  UserSecret,
  UserSecrets,
} from "./mailbox/mailbox_provider.ts";
export type { MessageContent, MessageLines } from "./mailbox/message_content.ts";
export type { Awaitable, MessageBody } from "./protocol/reply.ts";
export { Pop3ResponseError, type Pop3ResponseErrorOptions } from "./mailbox/response_error.ts";
export { nullProvider } from "./mailbox/null_provider.ts";
export type { DeletePolicy, FileMailboxOptions } from "./mailbox/files/file_mailbox_options.ts";
export { folderMailbox } from "./mailbox/folder/folder_mailbox.ts";
export { maildirMailbox } from "./mailbox/maildir/maildir_mailbox.ts";
export { mboxMailbox, type MboxMailboxOptions } from "./mailbox/mbox/mbox_mailbox.ts";
export { MemoryMailbox, type MemoryMailboxOptions } from "./mailbox/memory_mailbox.ts";
export { type SingleUserOptions, SingleUserProvider } from "./auth/single_user_provider.ts";
export { type UsersFileOptions, UsersFileProvider } from "./auth/users_file_provider.ts";
export type { UsernameCase } from "./auth/prepared_text.ts";
export type { BadLine } from "./auth/users_file.ts";
export type { HashWorkersOptions } from "./auth/passwords/hash_workers.ts";
export type {
  CertificateEvent,
  CloseEvent,
  CloseReason,
  CommandEvent,
  ConnectEvent,
  DeleteEvent,
  ErrorEvent,
  FaultsEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  NewMessageEvent,
  Pop3Event,
  Pop3Events,
  ProviderRule,
  RefuseEvent,
  ReplyEvent,
  SecureEvent,
  SleepEvent,
  WakeEvent,
  WarningEvent,
} from "./telemetry/events.ts";
