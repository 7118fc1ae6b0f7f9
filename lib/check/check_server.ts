/** Finds out what a server would serve, and everything that is wrong with it. It serves nothing and changes nothing. */
import type { InspectionProgress } from "../mailbox/inspection.ts";
import { checkAccess, type SecretFiles } from "./check_access.ts";
import type { CertificateFiles, CertificateReport } from "./check_certificate.ts";
import { checkDeleting, checkPath } from "./check_folder.ts";
import { checkMailbox, type MailboxReport, type MailboxToCheck } from "./check_mailbox.ts";
import { checkLoginWithoutTls, checkPorts, type PortsToCheck } from "./check_ports.ts";
import type { UsersReport, UsersToCheck } from "./check_users.ts";
import type { Finding } from "./finding.ts";

/** The configuration of a server. */
export interface ServerToCheck {
  readonly mail: MailboxToCheck | UsersToCheck;
  readonly certificate: CertificateFiles | null;
  readonly ports: PortsToCheck;
  /** Whether clients on other machines may log in without TLS. */
  readonly allowsInsecureLogin: boolean;
  readonly secretFiles: SecretFiles;
}

/** What the check of a server has found. */
export interface ServerReport {
  readonly mail: MailboxReport | UsersReport;
  /** Null for a server without a certificate. */
  readonly certificate: CertificateReport | null;
  /** Who else can get at the server's secrets. */
  readonly access: readonly Finding[];
  readonly ports: readonly Finding[];
  /** About the paths of mailboxes. */
  readonly paths: readonly Finding[];
}

export async function checkServer(
  server: ServerToCheck,
  progress: InspectionProgress,
): Promise<ServerReport> {
  const { mail, certificate, ports } = server;
  const isWithoutLogin = certificate === null && !server.allowsInsecureLogin;
  return {
    mail: await mailReport(mail, progress),
    certificate: certificate === null ? null : await certificateReport(certificate),
    access: checkAccess(server.secretFiles),
    ports: [...await checkPorts(ports), ...(isWithoutLogin ? checkLoginWithoutTls(ports) : [])],
    paths: pathFindings(mail),
  };
}

/** All that was found, from every part of a report. */
export function findingsOf({ mail, certificate, access, ports, paths }: ServerReport): Finding[] {
  const users = mail.type === "users" ? mail.users ?? [] : [];
  return [
    ...[mail, ...users].flatMap(({ findings }) => findings),
    ...certificate?.findings ?? [],
    ...access,
    ...ports,
    ...paths,
  ];
}

async function mailReport(
  mail: MailboxToCheck | UsersToCheck,
  progress: InspectionProgress,
): Promise<MailboxReport | UsersReport> {
  if (mail.type === "mailbox") return await checkMailbox(mail, progress);
  // Loads the code that reads password hashes only where there are some.
  const { checkUsers } = await import("./check_users.ts");
  return await checkUsers(mail);
}

async function certificateReport(files: CertificateFiles): Promise<CertificateReport> {
  const { checkCertificate } = await import("./check_certificate.ts");
  return checkCertificate(files, new Date());
}

function pathFindings(mail: MailboxToCheck | UsersToCheck): Finding[] {
  const { readOnly = false, deletePolicy = "remove" } = mail.options;
  const path = mail.type === "users" ? mail.mailRoot : mail.path;
  if (path === null) return [];
  return [
    ...(readOnly || deletePolicy === "keep" ? [] : checkDeleting(path)),
    ...(mail.type === "users" ? [] : checkPath(path)),
  ];
}
