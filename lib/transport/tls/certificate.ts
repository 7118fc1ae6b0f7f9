/** The certificate that a server shows in a TLS handshake. */
import type { Awaitable } from "../../protocol/reply.ts";

/** A certificate with its key, both as PEM text. The parts may be in any order, and in the same text. */
export interface Certificate {
  /** The server's certificate, and the intermediate certificates that lead to a root that clients trust. */
  readonly cert: string;
  /** The private key of the server's certificate. */
  readonly key: string;
}

/**
 * A certificate, or a function that returns it. The function is called at each handshake, so that the certificate can be
 * renewed while the listener runs. As long as it returns the same object, a call costs little.
 */
export type CertificateSource = Certificate | {
  (): Awaitable<Certificate>;
  /** The files that it reads, for messages. */
  readonly files?: readonly string[];
};
