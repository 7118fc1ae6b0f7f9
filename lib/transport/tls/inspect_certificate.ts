/** What is in a certificate, and whether it can be used at all. */
import type { Certificate } from "./certificate.ts";
import { pemPartsOf } from "./pem_parts.ts";

/** What a person wants to know of a certificate. */
export interface CertificateFacts {
  /** Whose it is: `CN=mail.example`. */
  readonly subject: string;
  /** The names that it is good for: `DNS:mail.example`. */
  readonly names: readonly string[];
  /** From when on. */
  readonly validFrom: Date;
  /** Until when. */
  readonly validTo: Date;
}

/** A certificate that can be used: its parts as TLS wants them, and what a person wants to know. */
export interface InspectedCertificate extends CertificateFacts {
  readonly certificate: Certificate;
}

/** @throws {TypeError} that says in words why a server cannot use it */
export function inspectCertificate(given: Certificate): InspectedCertificate {
  const { certificate, leaf } = pemPartsOf(given);
  return {
    certificate,
    subject: leaf.subject.replaceAll("\n", ", "),
    names: leaf.subjectAltName?.split(", ") ?? [],
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
  };
}
