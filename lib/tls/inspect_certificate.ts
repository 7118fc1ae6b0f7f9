/** What is in a certificate, and whether it can be used at all. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate.ts";

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

/** @throws {TypeError} that says in words why a server cannot use it */
export function inspectCertificate({ cert, key }: Certificate): CertificateFacts {
  const certificate = parsed(() => new X509Certificate(cert), "no PEM certificate");
  const privateKey: KeyObject = parsed(
    () => createPrivateKey(key),
    "no PEM private key without a passphrase",
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TypeError("the key does not belong to the certificate");
  }
  return {
    subject: certificate.subject.replaceAll("\n", ", "),
    names: certificate.subjectAltName?.split(", ") ?? [],
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
  };
}

function parsed<T>(parse: () => T, fault: string): T {
  try {
    return parse();
  } catch {
    throw new TypeError(fault);
  }
}
