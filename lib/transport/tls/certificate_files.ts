/** A certificate in two files, read again when one of them changes. */
import { fileVersion } from "../../files/file_identity.ts";
import { readGivenText } from "../../files/read_whole.ts";
import type { Certificate } from "./certificate.ts";

/**
 * A certificate in two PEM files, for the `certificate` of a listener. The files are read again when one of them has
 * changed.
 *
 * After a failure, the next call reads the files again: a wrong mode or folder can be repaired without a change of the
 * file.
 *
 * @param certFile the server's certificate, followed by the intermediate certificates that lead to a trusted root
 * @param keyFile its private key; both may be one file, with its parts in any order
 * @returns a function that throws a `Deno.errors` error while a file cannot be read
 *
 * @example
 * ```ts
 * import { certificateFiles, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * const pop3 = new Pop3Listener({ certificate: certificateFiles("fullchain.pem", "privkey.pem") });
 * ```
 */
export function certificateFiles(
  certFile: string,
  keyFile: string,
): { (): Certificate; readonly files: readonly string[] } {
  let kept: { readonly versions: string; readonly certificate: Certificate } | null = null;
  const read = () => {
    // Taken before the files are read, so that the next call notices a change in the meantime.
    const versions = [certFile, keyFile].map(fileVersion).join(" ");
    if (kept?.versions === versions) return kept.certificate;
    const certificate = { cert: readGivenText(certFile), key: readGivenText(keyFile) };
    kept = { versions, certificate };
    return certificate;
  };
  return Object.assign(read, { files: [certFile, keyFile] });
}
