/** What a server shows of itself in a TLS handshake. */
import type { Awaitable } from "../../protocol/reply.ts";

/** A certificate with its key, both as PEM text. Each part is found wherever it stands, also in one text for both. */
export interface Certificate {
  /** The server's certificate, and those that lead to a root that clients know. */
  readonly cert: string;
  /** The private key of the server's certificate. */
  readonly key: string;
}

/**
 * A certificate, or a function that gives it: asked at each handshake, so that it can be renewed while the
 * listener runs. It is cheap to give the same object again.
 */
export type CertificateSource = Certificate | (() => Awaitable<Certificate>);
