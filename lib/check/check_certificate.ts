/** Checks whether a certificate can be used, and whether clients will accept it. */
import { readGivenText } from "../files/read_whole.ts";
import { counted } from "../protocol/counted.ts";
import { reasonOf } from "../telemetry/reason.ts";
import {
  type CertificateFacts,
  DAY_MS,
  inspectCertificate,
  SOON_DAYS,
} from "../transport/tls/inspect_certificate.ts";
import type { Concern, Finding } from "./finding.ts";

/** The files of a certificate chain and its private key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What the check of a certificate has found. */
export interface CertificateReport {
  /** Null where it cannot be used. */
  readonly facts: CertificateFacts | null;
  readonly findings: readonly Finding[];
}

export function checkCertificate({ cert, key }: CertificateFiles, now: Date): CertificateReport {
  const unreadable = [...new Set([cert, key])].flatMap(unreadableFile);
  if (unreadable.length > 0) return { facts: null, findings: unreadable };
  try {
    const facts = inspectCertificate({ cert: readGivenText(cert), key: readGivenText(key) });
    return { facts, findings: findingsOn(facts, now) };
  } catch (error) {
    return { facts: null, findings: [finding("fault", reasonOf(error))] };
  }
}

function unreadableFile(path: string): Finding[] {
  try {
    readGivenText(path);
    return [];
  } catch (error) {
    const remedy = error instanceof Deno.errors.PermissionDenied
      ? "give the server's user a copy, as docs/operations/certificates.md says"
      : null;
    return [finding("fault", reasonOf(error), remedy, { type: "file", path })];
  }
}

function findingsOn(
  { names, validFrom, validTo, isSelfSigned }: CertificateFacts,
  now: Date,
): Finding[] {
  const found: Finding[] = [];
  if (names.length === 0) {
    found.push(finding("fault", "the certificate has no names: no client will accept it"));
  }
  if (isSelfSigned) {
    const text = "the certificate is self-signed: only clients that were given it accept it";
    found.push(finding("warning", text));
  }
  if (now < validFrom) {
    const text = `the certificate is valid only from ${validFrom.toISOString()} on`;
    found.push(finding("fault", text, "see that the clock of this machine is right: date --utc"));
  }
  const days = Math.floor((validTo.getTime() - now.getTime()) / DAY_MS);
  if (days < 0) {
    const text = "the certificate has expired: no client will accept it";
    found.push(finding("fault", text, "renew it: certbot renew"));
  } else if (days < SOON_DAYS) {
    const text = `the certificate expires in ${counted(days, "day")}`;
    found.push(finding("warning", text, "renew it: certbot renew"));
  }
  return found;
}

function finding(
  severity: Finding["severity"],
  text: string,
  remedy: string | null = null,
  concerns: Concern = { type: "certificate" },
): Finding {
  return { severity, concerns, text, remedy };
}
