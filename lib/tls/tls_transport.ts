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
import type { TlsFacts } from "../mailbox/connection_info.ts";
import type { Transport } from "../connection/transport.ts";

/** The peer left, or spoke no TLS that we speak. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

export class TlsTransport implements Transport {
  readonly #socket: TLSSocket;
  /** What was read from the socket and not taken yet. */
  #rest: Uint8Array | null = null;
  #isEnded = false;
  #failure: Error | null = null;
  /** Called when there is something to read, and when it is over. */
  #wake: () => void = () => {};
  /** Rejects the write that waits, when it is over. */
  #abandon: (error: Error) => void = () => {};

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Deno.errors.BadResource("The line is closed")));
  }

  /**
   * Waits for the handshake of a client.
   *
   * @throws {HandshakeError} when it fails; the stream is destroyed then
   */
  static async accept(stream: Duplex, secureContext: SecureContext): Promise<TlsTransport> {
    // It takes any Duplex; only its type asks for a Socket.
    const socket = new TLSSocket(stream as Socket, { isServer: true, secureContext });
    const transport = new TlsTransport(socket);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("secure", resolve);
        socket.once("end", () => reject(new Error("the client went away")));
        transport.#abandon = reject;
      });
      transport.#abandon = () => {};
      return transport;
    } catch (error) {
      transport.close();
      stream.destroy();
      const reason = error instanceof Error ? error.message : String(error);
      throw new HandshakeError(`TLS handshake: ${reason}`, { cause: error });
    }
  }

  /** What the handshake agreed on. */
  get facts(): TlsFacts {
    return {
      version: this.#socket.getProtocol() ?? "unknown",
      cipher: this.#socket.getCipher()?.standardName ?? "unknown",
    };
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const octets: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (octets !== null) {
        const part = octets.subarray(0, into.length);
        into.set(part);
        this.#rest = part.length < octets.length ? octets.subarray(part.length) : null;
        return part.length;
      }
      if (this.#failure !== null) throw this.#failure;
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#untilDone((done) => this.#socket.write(octets, done), octets.length);
  }

  /** Says that nothing more comes (close_notify), so that the peer knows that nothing was cut off. */
  closeWrite(): Promise<void> {
    return this.#untilDone((done) => this.#socket.end(() => done()), undefined);
  }

  close(): void {
    this.#socket.destroy();
  }

  #untilDone<T>(start: (done: (error?: Error | null) => void) => void, result: T): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      start((error) => error ? reject(error) : resolve(result));
    });
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#end();
    this.#abandon(error);
  }
}
