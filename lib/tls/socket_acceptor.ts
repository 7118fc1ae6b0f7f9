/**
 * A port whose connections are sockets of `node:net`: `node:tls` takes such a one over as it is, at half the memory
 * and half the CPU of what it needs over a line of ours.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Acceptor, Arrival } from "../listener/accept_loop.ts";
import { SocketTransport } from "./socket_transport.ts";

export class SocketAcceptor implements Acceptor<Arrival> {
  readonly #server: Server;
  /** Those that came while nobody asked. */
  readonly #waiting: Socket[] = [];
  #asked: PromiseWithResolvers<Arrival> | null = null;
  #isClosed = false;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#waiting.push(socket);
      this.#give();
    });
  }

  /**
   * Opens a port.
   *
   * @throws {Deno.errors.AddrInUse} when another program has the port, and its like
   */
  static async listen(hostname: string, port: number, reusePort: boolean): Promise<SocketAcceptor> {
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    const acceptor = new SocketAcceptor(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", (error) => reject(asDenoError(error)));
    server.listen({ host: hostname, port, reusePort }, resolve);
    await promise;
    return acceptor;
  }

  /** The address that it is bound to. */
  get addr(): Deno.NetAddr {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new TypeError("It does not listen");
    return { transport: "tcp", hostname: bound.address, port: bound.port };
  }

  accept(): Promise<Arrival> {
    if (this.#isClosed) return Promise.reject(new Deno.errors.BadResource("The port is closed"));
    this.#asked = Promise.withResolvers<Arrival>();
    const { promise } = this.#asked;
    this.#give();
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#asked?.reject(new Deno.errors.BadResource("The port is closed"));
  }

  #give(): void {
    if (this.#asked === null) return;
    const socket = this.#waiting.shift();
    if (socket === undefined) return;
    this.#asked.resolve({
      transport: new SocketTransport(socket),
      address: socket.remoteAddress ?? "",
      port: socket.remotePort ?? 0,
      isSecure: false,
    });
    this.#asked = null;
  }
}

/** The error that `Deno.listen` would have thrown. */
function asDenoError(error: Error & { readonly code?: string }): Error {
  const { AddrInUse, AddrNotAvailable, PermissionDenied } = Deno.errors;
  const kinds = new Map([
    ["EADDRINUSE", AddrInUse],
    ["EADDRNOTAVAIL", AddrNotAvailable],
    ["EACCES", PermissionDenied],
  ]);
  const Kind = kinds.get(error.code ?? "");
  return Kind === undefined ? error : new Kind(error.message, { cause: error });
}
