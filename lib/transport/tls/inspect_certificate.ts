/** Finds out what is in a certificate, and whether it can be used at all. */
import type { Certificate } from "./certificate.ts";
import { pemPartsOf } from "./pem_parts.ts";

export const DAY_MS = 86_400_000;
/** How many days before its end a certificate should have been renewed: certbot does it thirty days before. */
export const SOON_DAYS = 14;

/** What the administrator wants to know about a certificate. */
export interface CertificateFacts {
  /** The subject: `CN=mail.example`. */
  readonly subject: string;
  /** The names that it is valid for: `DNS:mail.example`. */
  readonly names: readonly string[];
  /** The first moment at which it is valid. */
  readonly validFrom: Date;
  /** The last moment at which it is valid. */
  readonly validTo: Date;
  /** Whether its own subject issued it. */
  readonly isSelfSigned: boolean;
}

/** A certificate that can be used: its parts as TLS needs them, and what the administrator wants to know. */
export interface InspectedCertificate extends CertificateFacts {
  readonly certificate: Certificate;
}

/** @throws {TypeError} that says why a server cannot use the certificate */
export function inspectCertificate(given: Certificate): InspectedCertificate {
  const { certificate, leaf } = pemPartsOf(given);
  return {
    certificate,
    subject: leaf.subject.replaceAll("\n", ", "),
    names: leaf.subjectAltName?.split(", ") ?? [],
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
    isSelfSigned: leaf.issuer === leaf.subject,
  };
}
