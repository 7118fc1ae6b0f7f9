/** What `--cert` and `--key` name. */
import { readGivenText } from "../files/read_whole.ts";
import type { Certificate } from "../transport/tls/certificate.ts";
import { certificateFiles } from "../transport/tls/certificate_files.ts";
import type { CertificateFacts } from "../transport/tls/inspect_certificate.ts";
import { reasonOf } from "../telemetry/reason.ts";
import { CliError } from "./cli_error.ts";
import type { ServeOptions } from "./options.ts";

/** A certificate that is good at the start, and the way to ask for it again. */
export interface ChosenCertificate {
  readonly source: () => Certificate;
  readonly facts: CertificateFacts;
}

/**
 * The certificate of the options; null for none.
 *
 * @throws {CliError} when it cannot be used
 */
export async function certificateOf(
  { cert, key }: ServeOptions,
): Promise<ChosenCertificate | null> {
  if (cert === null && key === null) return null;
  if (cert === null) throw CliError.usage("--key needs --cert, the certificate that it belongs to");
  if (key === null) throw CliError.usage("--cert needs --key, the private key of the certificate");
  ensureReadable("cert", cert);
  ensureReadable("key", key);
  const { inspectCertificate } = await import("../transport/tls/inspect_certificate.ts");
  try {
    const source = certificateFiles(cert, key);
    return { source, facts: inspectCertificate(source()) };
  } catch (error) {
    throw CliError.environment(`--cert ${cert} --key ${key}: ${reasonOf(error)}`, error);
  }
}

function ensureReadable(option: string, file: string): void {
  try {
    readGivenText(file);
  } catch (error) {
    throw CliError.environment(`--${option} ${file}: ${reasonOf(error)}`, error);
  }
}
