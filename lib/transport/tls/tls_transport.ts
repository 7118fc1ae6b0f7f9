/**
 * The server's end of TLS over any line to a peer, by `node:tls`: for STLS, where Deno has nothing of its own
 * (`Deno.startTls` is a client's), and for implicit TLS.
 *
 * `Deno.listenTls` is not used for the latter. Its connections cannot turn Nagle's algorithm off, so that the
 * greeting waits for the client's delayed ACK of the session tickets (44 ms a session against 2.5 ms here); it has
 * one certificate for its whole life, and nothing can be read or refused before its handshake.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { TlsFacts } from "../../provider/connection_info.ts";
import { SocketTransport } from "./socket_transport.ts";

/** The peer left, or spoke no TLS that we speak. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  /** Whether the peer left without a word, as a health check does. */
  readonly isSilent: boolean;

  constructor(message: string, isSilent: boolean, options: ErrorOptions) {
    super(message, options);
    this.isSilent = isSilent;
  }
}

export class TlsTransport extends SocketTransport {
  /** What the handshake agreed on. */
  readonly facts: TlsFacts;

  private constructor(socket: TLSSocket) {
    super(socket);
    this.facts = {
      version: socket.getProtocol() ?? "unknown",
      cipher: socket.getCipher()?.standardName ?? "unknown",
    };
  }

  /**
   * Waits for the handshake of a client.
   *
   * @throws {HandshakeError} when it fails; the stream is destroyed then
   */
  static async accept(stream: Duplex, secureContext: SecureContext): Promise<TlsTransport> {
    // It takes any Duplex; only its type asks for a Socket.
    const socket = new TLSSocket(stream as Socket, { isServer: true, secureContext });
    try {
      await handshakeOf(socket);
      return new TlsTransport(socket);
    } catch (error) {
      socket.on("error", () => {});
      socket.destroy();
      stream.destroy();
      const reason = error instanceof Error ? error.message : String(error);
      const isSilent = "bytesRead" in stream && stream.bytesRead === 0;
      throw new HandshakeError(`TLS handshake: ${reason}`, isSilent, { cause: error });
    }
  }
}

async function handshakeOf(socket: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => reject(new Error("the client went away"));
  socket.once("secure", resolve).once("error", reject).once("end", leave).once("close", leave);
  try {
    await promise;
  } finally {
    socket.off("secure", resolve).off("error", reject).off("end", leave).off("close", leave);
  }
}
