/** The certificate that `--cert` and `--key` name. */
import {
  type CertificateFacts,
  type CertificateFiles,
  certificateFiles,
  type CertificateReport,
  checkCertificate,
  sentenceOf,
} from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { ServeOptions } from "./options.ts";

/** A certificate that was valid at the start, and the function that reads it again. */
export interface ChosenCertificate {
  readonly source: ReturnType<typeof certificateFiles>;
  readonly facts: CertificateFacts;
}

/**
 * The files of the certificate; null for none.
 *
 * @throws {CliError} when one is given without the other, or the TLS engine cannot do what is asked
 */
export function certificateFilesOf(options: ServeOptions): CertificateFiles | null {
  const { cert, key } = options;
  if (cert === null && key === null) return null;
  if (cert === null) throw CliError.usage("--key needs --cert, the certificate that it belongs to");
  if (key === null) throw CliError.usage("--cert needs --key, the private key of the certificate");
  const isDenoTls = options["tls-engine"] === "deno" && options["tls-port"] !== "off";
  if (isDenoTls && options["proxy-protocol"].length > 0) {
    throw CliError.usage(
      "--tls-engine deno cannot read the header of --proxy-protocol, which comes before TLS: " +
        "give --tls-engine node",
    );
  }
  return { cert, key };
}

/**
 * The certificate of the options; null for none.
 *
 * @throws {CliError} when it cannot be used
 */
export async function certificateOf(options: ServeOptions): Promise<ChosenCertificate | null> {
  const files = certificateFilesOf(options);
  if (files === null) return null;
  const facts = usableCertificate(await checkCertificate(files, new Date()), options);
  return { source: certificateFiles(files.cert, files.key), facts };
}

/** @throws {CliError} when a certificate cannot be used */
function usableCertificate(
  { facts, findings }: CertificateReport,
  { cert, key }: ServeOptions,
): CertificateFacts {
  if (facts !== null) return facts;
  const reasons = findings.map((finding) => {
    if (finding.concerns.type !== "file") return `--cert ${cert} --key ${key}: ${finding.text}`;
    return `${finding.concerns.path === cert ? "--cert" : "--key"} ${sentenceOf(finding)}`;
  });
  throw CliError.environment(reasons.join("; "));
}
