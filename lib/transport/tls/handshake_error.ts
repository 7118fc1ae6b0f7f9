/** The peer left before its TLS handshake was over, or spoke no TLS that we speak. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  /** Whether the peer left without a word, as a health check does. */
  readonly isSilent: boolean;

  constructor(cause: unknown, isSilent: boolean) {
    super(`TLS handshake: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.isSilent = isSilent;
  }
}
