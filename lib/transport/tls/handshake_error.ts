/** The peer left before its TLS handshake was complete, or spoke no TLS that we support. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  /** Whether the peer left without sending anything, as a health check does. */
  readonly isSilent: boolean;

  constructor(cause: unknown, isSilent: boolean) {
    super(`TLS handshake: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.isSilent = isSilent;
  }
}
