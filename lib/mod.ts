/**
 * A POP3 server inside your own program: you say who may log in and what mail there is.
 *
 * {@linkcode listen} opens ports. A {@linkcode MailboxProvider} decides who may log in; {@linkcode MemoryProvider} is one
 * that is ready-made. A {@linkcode Mailbox} holds the mail; {@linkcode simpleMailbox} makes one of two or three functions.
 * RFC 1939, with RFC 2449 (CAPA) and RFC 3206 (response codes). `docs/library.md` has a program for each task.
 *
 * @module
 */
// A server.
export { listen, type ListenerOptions } from "./listener/listen.ts";
export { Pop3Listener } from "./listener/pop3_listener.ts";
export type { FixedSettings, Pop3ListenerOptions, Settings } from "./listener/settings.ts";
export type { SessionSettings } from "./session/session_settings.ts";
export type { ConnectionSettings } from "./connection/connection_settings.ts";
export type { LimitSettings } from "./guard/limit_settings.ts";
export type { ListenOptions, ServeOptions, StopOptions } from "./listener/listen_options.ts";
export type { ListenerStatus, PortStatus, SessionCounts } from "./listener/listener_status.ts";

// Users and mailboxes that are ready-made.
export {
  MemoryProvider,
  type MemoryProviderOptions,
  type MemoryUser,
} from "./providers/memory_provider.ts";
export { MemoryMailbox, type MemoryMailboxOptions } from "./mailbox/memory_mailbox.ts";
export type { MemoryMessage, MemoryMessages } from "./mailbox/memory_messages.ts";
export { folderMailbox } from "./mailbox/folder/folder_mailbox.ts";
export { maildirMailbox } from "./mailbox/maildir/maildir_mailbox.ts";
export { mboxMailbox, type MboxMailboxOptions } from "./mailbox/mbox/mbox_mailbox.ts";
export type { DeletePolicy, FileMailboxOptions } from "./mailbox/files/file_mailbox_options.ts";
export { type SingleUserOptions, SingleUserProvider } from "./providers/single_user_provider.ts";
export type { UsersFileCounts } from "./providers/watched_users_file.ts";
export { UsersFileProvider } from "./providers/users_file_provider.ts";
export type { UsersFileOptions } from "./providers/users_file_options.ts";
export type { UsernameCase } from "./auth/prepared_text.ts";
export type { BadLine } from "./providers/users_file.ts";
export type { HashWorkersOptions } from "./auth/passwords/hash_workers.ts";
export { nullProvider } from "./provider/null_provider.ts";

// Your own.
export { simpleMailbox } from "./mailbox/simple_mailbox.ts";
export type {
  CallOptions,
  MessageEntry,
  OctetsCache,
  SimpleMailboxOptions,
} from "./mailbox/simple_mailbox_options.ts";
export type {
  MailboxProvider,
  RefusalCause,
  ScramChallenge,
  ScramVerifier,
  UserSecret,
  UserSecrets,
} from "./provider/mailbox_provider.ts";
export type { Mailbox } from "./provider/mailbox.ts";
export type { MessageContent } from "./provider/message_content.ts";
export { fromLines, type MessageLines } from "./provider/message_lines.ts";
export { messageOctets } from "./provider/message_octets.ts";
export type { Awaitable, MessageBody } from "./protocol/reply.ts";
export type { ConnectionInfo, TlsFacts } from "./provider/connection_info.ts";
export {
  Pop3ResponseError,
  type Pop3ResponseErrorOptions,
  type ResponseCode,
} from "./provider/response_error.ts";
export { check, type CheckOptions } from "./check/check.ts";
export type { Concern, Finding } from "./check/finding.ts";

// TLS.
export type { Certificate, CertificateSource } from "./transport/tls/certificate.ts";
export { certificateFiles } from "./transport/tls/certificate_files.ts";
export type { RejectedCertificate, ShownCertificate } from "./transport/tls/served_certificate.ts";
export type { TlsEngine } from "./transport/tls/tls_engine.ts";

// Log and count.
export { type EventLogger, logEvents, type LogOptions } from "./telemetry/log_events.ts";
export type { LogFormat } from "./telemetry/log_lines.ts";
export { recordMetrics } from "./telemetry/record_metrics.ts";
export type { MetricsOptions } from "./telemetry/open_telemetry.ts";
export type { Pop3Event, Pop3Events } from "./events/events.ts";
export type { LogLevel } from "./events/event_level.ts";
export type {
  CloseEvent,
  CloseReason,
  ConnectEvent,
  LimitReached,
  RefuseEvent,
  SecureEvent,
} from "./events/connection_events.ts";
export type {
  CommandEvent,
  DeleteEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  MessageSentEvent,
  ReplyEvent,
  SleepEvent,
  WakeEvent,
} from "./events/session_events.ts";
export type { LeaseLostEvent, StoreEvent, StoreQueryEvent } from "./events/store_events.ts";
export type {
  CertificateEvent,
  CertificateExpiryEvent,
  DrainEvent,
  ErrorEvent,
  FaultsEvent,
  MachineRule,
  ProviderRule,
  WarningEvent,
} from "./events/server_events.ts";

// Bans, other sockets, a clock for tests, faults on purpose.
export type { BanEngine, BanStanding } from "./guard/ban_engine.ts";
export {
  type Ban,
  StrikeBanEngine,
  type StrikeBanEngineOptions,
} from "./guard/strike_ban_engine.ts";
export type { Acceptor } from "./transport/accept_loop.ts";
export type { Clock } from "./time/clock.ts";
export type { FaultName, FaultPlace, FaultPlan, FaultRule } from "./faults/fault_rules.ts";
