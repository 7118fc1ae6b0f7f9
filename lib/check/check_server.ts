/** Finds out what a server would serve, and everything that is wrong with it. It serves nothing and changes nothing. */
import type { InspectionProgress } from "../mailbox/inspection.ts";
import { serverUid } from "../files/server_user.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { checkSecrets, type SecretFiles } from "./check_access.ts";
import type { CertificateFiles, CertificateReport } from "./check_certificate.ts";
import { checkDeleting, checkPath } from "./check_folder.ts";
import { checkMailbox, type MailboxReport, type MailboxToCheck } from "./check_mailbox.ts";
import {
  type AnsweringPort,
  checkLoginWithoutTls,
  checkPorts,
  checkTlsEngine,
  type PortsToCheck,
} from "./check_ports.ts";
import { checkProof, serverOf } from "./check_proof.ts";
import type { UsersReport, UsersToCheck } from "./check_users.ts";
import type { DatabaseReport } from "./database_report.ts";
import type { Finding } from "./finding.ts";

/** The configuration of a server. */
export interface ServerToCheck {
  /** A database was looked at already. */
  readonly mail: MailboxToCheck | UsersToCheck | DatabaseReport;
  readonly certificate: CertificateFiles | null;
  readonly ports: PortsToCheck;
  readonly tlsEngine: "node" | "deno";
  /** Whether clients on other machines may log in without TLS. */
  readonly allowsInsecureLogin: boolean;
  readonly secretFiles: SecretFiles;
  /** The command that makes this check, for the user who should run it. */
  readonly command: string;
}

/** What was found out about the mail. */
export type MailReport = MailboxReport | UsersReport | DatabaseReport;

/** What the check of a server has found. */
export interface ServerReport {
  readonly mail: MailReport;
  /** Null for a server without a certificate. */
  readonly certificate: CertificateReport | null;
  /** Who else can get at the server's secrets, and what this check cannot know. */
  readonly access: readonly Finding[];
  readonly ports: readonly Finding[];
  /** The ports that a running server has already. */
  readonly answering: readonly AnsweringPort[];
  /** About the paths of mailboxes. */
  readonly paths: readonly Finding[];
}

export async function checkServer(
  server: ServerToCheck,
  progress: InspectionProgress,
  clock: Clock = systemClock,
): Promise<ServerReport> {
  const { certificate, ports } = server;
  const isWithoutLogin = certificate === null && !server.allowsInsecureLogin;
  const hasDenoTls = server.tlsEngine === "deno" && ports.ports.some(({ tls }) => tls);
  const mail = await mailReport(server.mail, progress);
  const answering: AnsweringPort[] = [];
  return {
    mail,
    answering,
    certificate: certificate === null ? null : await certificateReport(certificate),
    access: [
      ...checkProof(mail, server.command, hasLowPort(ports), serverUid()),
      ...checkSecrets(server.secretFiles, serverOf(mail, serverUid())),
    ],
    ports: [
      ...await checkPorts(ports, clock, (port) => answering.push(port)),
      ...(isWithoutLogin ? checkLoginWithoutTls(ports) : []),
      ...(hasDenoTls ? checkTlsEngine(ports) : []),
    ],
    paths: server.mail.type === "database" ? [] : pathFindings(mail, server.mail),
  };
}

function hasLowPort({ ports }: PortsToCheck): boolean {
  return ports.some(({ port }) => port > 0 && port < 1_024);
}

/** All that was found, from every part of a report. */
export function findingsOf({ mail, certificate, access, ports, paths }: ServerReport): Finding[] {
  return [
    ...mail.findings,
    ...(mail.type === "users" ? mail.users ?? [] : []).flatMap(({ findings }) => findings),
    ...certificate?.findings ?? [],
    ...access,
    ...ports,
    ...paths,
  ];
}

async function mailReport(
  mail: ServerToCheck["mail"],
  progress: InspectionProgress,
): Promise<MailReport> {
  if (mail.type === "database") return mail;
  if (mail.type === "mailbox") return await checkMailbox(mail, progress);
  // Loads the code that reads password hashes only where there are some.
  const { checkUsers } = await import("./check_users.ts");
  return await checkUsers(mail, progress);
}

async function certificateReport(files: CertificateFiles): Promise<CertificateReport> {
  const { checkCertificate } = await import("./check_certificate.ts");
  const report = checkCertificate(files, new Date());
  const findings = report.findings.map((finding): Finding => {
    if (finding.concerns.type !== "file") return finding;
    const what = finding.concerns.path === files.cert ? "certificate" : "key";
    return { ...finding, text: `the ${what} cannot be read: ${finding.text}` };
  });
  return { ...report, findings };
}

function mailboxesOf(report: MailReport): readonly MailboxReport[] {
  if (report.type === "mailbox") return [report];
  return report.type === "users" ? report.users ?? [] : [];
}

function pathFindings(
  report: MailReport,
  checked: MailboxToCheck | UsersToCheck,
): Finding[] {
  const { options: { readOnly = false, deletePolicy = "remove" } } = checked;
  const root = checked.type === "users" ? checked.mailRoot : null;
  const mailboxes = mailboxesOf(report);
  const deletes = !readOnly && deletePolicy !== "keep";
  return [
    ...(deletes ? checkDeleting(mailboxes, root) : []),
    ...(report.type === "mailbox" && report.path !== null ? checkPath(report.path) : []),
  ];
}
