/** What a server shows of itself in a TLS handshake. */
import type { Awaitable } from "../protocol/reply.ts";

/** A certificate with its key, both as PEM text. */
export interface Certificate {
  /** The server's certificate, and behind it those that lead to a root that clients know. */
  readonly cert: string;
  /** The private key of the first of them. */
  readonly key: string;
}

/**
 * A certificate, or a function that gives it: asked at each handshake, so that it can be renewed while the
 * listener runs. It is cheap to give the same object again.
 */
export type CertificateSource = Certificate | (() => Awaitable<Certificate>);
