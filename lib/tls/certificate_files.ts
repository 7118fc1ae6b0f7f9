import { fileVersion } from "../files/file_version.ts";
import type { Certificate } from "./certificate.ts";

/**
 * A certificate in two PEM files, for the `certificate` of a listener: read again when one of them has changed.
 *
 * @param certFile the server's certificate, and behind it those that lead to a root that clients know
 * @param keyFile its private key; both may be one file
 * @returns a function that rejects with a `Deno.errors` error while a file cannot be read
 *
 * @example
 * ```ts
 * import { certificateFiles, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * const pop3 = new Pop3Listener({ certificate: certificateFiles("fullchain.pem", "privkey.pem") });
 * ```
 */
export function certificateFiles(certFile: string, keyFile: string): () => Promise<Certificate> {
  let versions = "";
  let certificate: Promise<Certificate> | null = null;
  return async () => {
    const seen = [certFile, keyFile].map(fileVersion).join(" ");
    if (certificate === null || seen !== versions) {
      versions = seen;
      certificate = read(certFile, keyFile);
    }
    return await certificate;
  };
}

async function read(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([Deno.readTextFile(certFile), Deno.readTextFile(keyFile)]);
  return { cert, key };
}
