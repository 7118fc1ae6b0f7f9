/** The connection to a peer: octets in, octets out. */
import type { TlsFacts } from "../provider/connection_info.ts";

/** Where bytes come from: a `Deno.Conn`, or what a test makes of it. */
export interface ByteSource {
  /** Fills the start of the buffer; null when there is nothing more to come. */
  read(into: Uint8Array): Promise<number | null>;
}

/** Where bytes go: a `Deno.Conn`, or what a test makes of it. */
export interface ByteSink {
  /** Writes some of the bytes, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** The connection to a peer: a `Deno.Conn`, TLS over one, or what a test makes of it. */
export interface Transport extends ByteSource, ByteSink {
  /** Ends our side; what the peer still sends can be read. */
  closeWrite(): Promise<void>;
  /** Ends it, and makes a waiting read or write fail. It may be called more than once. */
  close(): void;
}

/** A transport of which a beginning can be read by somebody else. */
export interface PushbackTransport extends Transport {
  /** Puts octets back that were read too far: the next reads give them again. */
  unread(octets: Uint8Array): void;
}

/** A transport after a TLS handshake. */
export interface SecuredTransport {
  readonly transport: Transport;
  /** What the handshake agreed on; null where the runtime does not tell. */
  readonly facts: TlsFacts | null;
}

/**
 * Waits for the TLS handshake of a client.
 *
 * It rejects with a `HandshakeError` when that fails; the transport is closed then.
 */
export type Handshake = (transport: Transport) => Promise<SecuredTransport>;
