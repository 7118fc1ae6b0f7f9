/** The connection to a peer, from which we read octets and to which we write octets. */
import type { TlsFacts } from "../provider/connection_info.ts";

/** A source of bytes: a `Deno.Conn`, or a double of it in a test. */
export interface ByteSource {
  /** Fills the start of the buffer, and returns how many octets; null when no more will come. */
  read(into: Uint8Array): Promise<number | null>;
}

/** A sink of bytes: a `Deno.Conn`, or a double of it in a test. */
export interface ByteSink {
  /** Writes some of the bytes, and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** The connection to a peer: a `Deno.Conn`, TLS over one, or a double of it in a test. */
export interface Transport extends ByteSource, ByteSink {
  /** Ends our side of the connection; what the peer still sends can be read. */
  closeWrite(): Promise<void>;
  /** Ends the connection, and makes a waiting read or write fail. It may be called more than once. */
  close(): void;
}

/** A transport to which octets can be given back, so that one reader can take a header and leave the rest. */
export interface PushbackTransport extends Transport {
  /** Gives octets back: the next reads return them again. */
  unread(octets: Uint8Array): void;
}

/** A transport after a TLS handshake. */
export interface SecuredTransport {
  readonly transport: Transport;
  /** What the handshake agreed on; null where the runtime does not say it. */
  readonly facts: TlsFacts | null;
}

/**
 * Waits for the TLS handshake of a client.
 *
 * It rejects with a `HandshakeError` when the handshake fails; the transport is then closed.
 */
export type Handshake = (transport: Transport) => Promise<SecuredTransport>;
