/**
 * The server's side of TLS over any transport, by `node:tls`: for implicit TLS with the engine `node`, and for STLS, for
 * which Deno itself has nothing (`Deno.startTls` is only for clients).
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { TlsFacts } from "../../provider/connection_info.ts";
import type { Transport } from "../transport.ts";

export class TlsTransport implements Transport {
  /** What the handshake agreed on. */
  readonly facts: TlsFacts;
  readonly #socket: TLSSocket;
  /** Octets from the socket that no `read` has returned yet. */
  #rest: Uint8Array | null = null;
  #isEnded = false;
  #failure: Error | null = null;
  /** Wakes the `read` that waits: there is something to read, or the connection has ended. */
  #wake: () => void = () => {};
  /** Rejects the write that waits, when the connection has ended. */
  #abandon: (error: Error) => void = () => {};

  /** Takes a socket whose handshake is complete. */
  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.facts = {
      version: socket.getProtocol() ?? "unknown",
      cipher: socket.getCipher()?.standardName ?? "unknown",
    };
    const fail = (error: Error) => this.#fail(error);
    socket.on("error", fail);
    socket.on("close", () => fail(new Deno.errors.BadResource("The connection is closed")));
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#end());
  }

  /**
   * Waits for the handshake of a client.
   *
   * @throws the reason why it failed; the stream is then destroyed
   */
  static async accept(stream: Duplex, secureContext: SecureContext): Promise<TlsTransport> {
    // TLSSocket takes any Duplex; only its type asks for a Socket.
    const socket = new TLSSocket(stream as Socket, { isServer: true, secureContext });
    try {
      await handshakeOf(socket);
      return new TlsTransport(socket);
    } catch (error) {
      socket.on("error", () => {});
      socket.destroy();
      stream.destroy();
      throw error;
    }
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
