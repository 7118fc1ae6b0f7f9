/**
 * What pop3svc's own program needs besides `@pop3svc/pop3svc`. It is for programs like it, and may change with any
 * version.
 *
 * @module
 */
import type { MadeScheme } from "./auth/passwords/made_schemes.ts";
import type { CertificateFiles, CertificateReport } from "./check/check_certificate.ts";
import type { ServerToCheck } from "./check/check_server.ts";
import type { Finding } from "./check/finding.ts";
import type { CheckSummary } from "./check/summary.ts";
import type { AdminAddress, AdminAnswer, AdminQuestion } from "./check/ask_admin.ts";
import type { PortToAsk } from "./check/ask_port.ts";
import type { InspectionProgress } from "./mailbox/inspection.ts";
import type { Counters } from "./telemetry/counters.ts";
import type { Metric } from "./telemetry/prometheus.ts";
import type { Clock } from "./time/clock.ts";

export { MADE_SCHEMES, type MadeScheme } from "./auth/passwords/made_schemes.ts";
export { prepared, type UsernameCase } from "./auth/prepared_text.ts";
export { checkAccess, type SecretFiles } from "./check/check_access.ts";
export type { CertificateFiles, CertificateReport } from "./check/check_certificate.ts";
export type { ServerToCheck } from "./check/check_server.ts";
export type { DatabaseReport } from "./check/database_report.ts";
export { type Finding, sentenceOf } from "./check/finding.ts";
export type { AdminAddress } from "./check/ask_admin.ts";
export type { PortToAsk } from "./check/ask_port.ts";
export type { CheckSummary, FindingSummary, MailboxSummary } from "./check/summary.ts";
export { LOG_LEVELS, type LogLevel } from "./events/event_level.ts";
export { eventOf, type Pop3Event, type Pop3Events } from "./events/events.ts";
export type { FaultPlan } from "./faults/fault_rules.ts";
export { lookAtGiven } from "./files/given_path.ts";
export { decodeText, linesOf } from "./files/given_text.ts";
export { keptKey } from "./files/kept_key.ts";
export { canWriteIn, lookAtGivenOrNull, openToAppend, whyNotAppendable } from "./files/look.ts";
export { readGivenText } from "./files/read_whole.ts";
export { quoted } from "./protocol/quoted.ts";
export { userName } from "./files/accounts.ts";
export { isDiskFull } from "./files/cannot_write.ts";
export { serverUid } from "./files/server_user.ts";
export { accessToState, makeStateFolder, realStateDirectory } from "./files/state_directory.ts";
export { Networks } from "./transport/networks.ts";
export type { BanEngine } from "./guard/ban_engine.ts";
export {
  type Ban,
  StrikeBanEngine,
  type StrikeBanEngineOptions,
  THIS_MACHINE,
} from "./guard/strike_ban_engine.ts";
export type { ListenOptions } from "./listener/listen_options.ts";
export type { ListenerStatus } from "./listener/listener_status.ts";
export { Pop3Listener } from "./listener/pop3_listener.ts";
export { fixedSettings, type Pop3ListenerOptions, settings } from "./listener/settings.ts";
export type { DeletePolicy, FileMailboxOptions } from "./mailbox/files/file_mailbox_options.ts";
export type { InspectionProgress } from "./mailbox/inspection.ts";
export type { MailboxCount } from "./mailbox/mailbox_count.ts";
export type { MailboxStore } from "./mailbox/mailbox_store.ts";
export { type MailboxFormat, openStore, seenFormat } from "./mailbox/open_mailbox.ts";
export { counted } from "./protocol/counted.ts";
export type { MailboxProvider } from "./provider/mailbox_provider.ts";
export type { Awaitable } from "./protocol/reply.ts";
export { SingleUserProvider } from "./providers/single_user_provider.ts";
export { defaultDomainSetting, mailPathSetting } from "./providers/users_file_options.ts";
export * as settingOf from "./settings/setting.ts";
export type { Setting } from "./settings/setting.ts";
export { type LineSink, LineWriter } from "./telemetry/line_writer.ts";
export { lostLine, programLog, type ProgramLogger } from "./telemetry/log_events.ts";
export type { LogFormat, LogStamp } from "./telemetry/log_lines.ts";
export type { Counts } from "./telemetry/counters.ts";
export { StoreCounters, type StoreCounts } from "./telemetry/store_counters.ts";
export { harmless, together } from "./telemetry/observers.ts";
export { cut, printable } from "./telemetry/printable.ts";
export type { ReloadedFile } from "./telemetry/program_notices.ts";
export { reasonOf } from "./telemetry/reason.ts";
export type { Metric } from "./telemetry/prometheus.ts";
export { type Clock, systemClock } from "./time/clock.ts";
export { isLoopback, isThisMachine } from "./transport/address.ts";
export { canBeSkipped, inOpeningOrder } from "./transport/hosts.ts";
export type { Certificate } from "./transport/tls/certificate.ts";
export { certificateFiles } from "./transport/tls/certificate_files.ts";
export type { CertificateFacts } from "./transport/tls/inspect_certificate.ts";

// What follows is loaded when it is asked for: most starts need none of it.

/** The hash of a password, as a users file holds it. */
export async function hashPassword(password: string, scheme: MadeScheme): Promise<string> {
  const { hashPassword } = await import("./auth/passwords/slow_hashes.ts");
  return await hashPassword(password, scheme);
}

/**
 * Looks at everything that a server would use.
 *
 * @param others what was found besides
 */
export async function checkServer(
  server: ServerToCheck,
  others: readonly Finding[],
  progress: InspectionProgress,
): Promise<CheckSummary> {
  const { checkServer } = await import("./check/check_server.ts");
  const { summaryOf } = await import("./check/summary.ts");
  return summaryOf(await checkServer(server, progress), others);
}

/**
 * Checks the files of a certificate, and gives what the log wants to say about it.
 *
 * @param now the time at which it must be valid
 */
export async function checkCertificate(
  files: CertificateFiles,
  now: Date,
): Promise<CertificateReport> {
  const { checkCertificate } = await import("./check/check_certificate.ts");
  return checkCertificate(files, now);
}

/** Makes counters of events. */
export async function makeCounters(): Promise<Counters> {
  const { Counters } = await import("./telemetry/counters.ts");
  return new Counters();
}

/** The text of metrics for Prometheus, and its type. */
export async function textForPrometheus(
  metrics: readonly Metric[],
): Promise<{ readonly type: string; readonly text: string }> {
  const { PROMETHEUS_TYPE, prometheusText } = await import("./telemetry/prometheus.ts");
  return { type: PROMETHEUS_TYPE, text: prometheusText(metrics) };
}

/**
 * Asks the `--admin` port of a server.
 *
 * @throws the reason why there is no answer in time
 */
export async function askAdmin(
  address: AdminAddress,
  question: AdminQuestion,
  clock: Clock,
): Promise<AdminAnswer> {
  const { askAdmin } = await import("./check/ask_admin.ts");
  return await askAdmin(address, question, clock);
}

/**
 * Connects to a POP3 port and waits for its greeting.
 *
 * @throws the reason why there is none in time
 */
export async function greetingOf(port: PortToAsk, clock: Clock): Promise<string> {
  const { greetingOf } = await import("./check/ask_port.ts");
  return await greetingOf(port, clock);
}
