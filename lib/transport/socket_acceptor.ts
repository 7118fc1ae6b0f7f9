/**
 * A port whose connections are sockets of `node:net`: `node:tls` takes such a one over as it is, at three quarters of
 * the memory and the CPU of what it needs over a line of ours.
 *
 * The server of `node:net` has a fault in Deno 2.9: when an accept fails, because no file descriptors are left, it says
 * nothing and never accepts again. So a port on which nobody has come for a while is called up as a client would, and is
 * opened anew when nobody answers.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../time/clock.ts";
import type { Acceptor, Arrival, PortToOpen } from "./accept_loop.ts";
import { SocketTransport } from "./tls/socket_transport.ts";

/** Opens a port; a test gives one that is deaf. */
export type OpenServer = (port: PortToOpen) => Promise<Server>;

const QUIET_MS = 10_000;
const ANSWER_MS = 1_000;

export class SocketAcceptor implements Acceptor<Arrival> {
  readonly #where: PortToOpen;
  readonly #clock: Clock;
  readonly #open: OpenServer;
  #server: Server;
  /** Those that came while nobody asked. */
  #waiting: Socket[] = [];
  #asked: PromiseWithResolvers<Arrival> | null = null;
  #isClosed = false;
  #hasSomebodyCome = false;
  #timer: Disposable;
  /** While we call ourselves up: is told of each connection, which waits until it is known whose it is. */
  #onCall: (() => void) | null = null;

  private constructor(server: Server, where: PortToOpen, clock: Clock, open: OpenServer) {
    this.#server = server;
    this.#clock = clock;
    this.#open = open;
    // Port 0 was any port; to open it anew it must be this one.
    this.#where = { ...where, port: boundTo(server).port };
    this.#listenTo(server);
    this.#timer = clock.after(QUIET_MS, () => this.#look());
  }

  /**
   * Opens a port.
   *
   * @throws {Deno.errors.AddrInUse} when another program has the port, and its like
   */
  static async listen(
    port: PortToOpen,
    clock: Clock,
    open: OpenServer = openServer,
  ): Promise<SocketAcceptor> {
    return new SocketAcceptor(await open(port), port, clock, open);
  }

  /** The address that it is bound to. */
  get addr(): Deno.NetAddr {
    return boundTo(this.#server);
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
    this.#timer[Symbol.dispose]();
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#asked?.reject(new Deno.errors.BadResource("The port is closed"));
  }

  #listenTo(server: Server): void {
    server.on("error", (error) => this.#complain(error));
    server.on("connection", (socket) => {
      this.#hasSomebodyCome = true;
      // While it waits here nobody else listens, and an error that nobody hears would end the process.
      socket.on("error", () => {});
      this.#waiting.push(socket);
      this.#onCall?.();
      this.#give();
    });
  }

  #give(): void {
    if (this.#asked === null || this.#onCall !== null) return;
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

  /** A failure of whoever asks for the next connection; it is told, and asked again. */
  #complain(error: unknown): void {
    this.#asked?.reject(error);
    this.#asked = null;
  }

  async #look(): Promise<void> {
    if (!this.#hasSomebodyCome && !await this.#answers() && !this.#isClosed) await this.#reopen();
    this.#hasSomebodyCome = false;
    if (!this.#isClosed) this.#timer = this.#clock.after(QUIET_MS, () => this.#look());
  }

  /** Does the port answer us? Also when we could not even ask. */
  async #answers(): Promise<boolean> {
    const { hostname, port } = this.#where;
    const answer = Promise.withResolvers<boolean>();
    let isOurs = (_socket: Socket) => false;
    this.#onCall = () => {
      if (this.#waiting.some(isOurs)) answer.resolve(true);
    };
    try {
      using call = await Deno.connect({ hostname, port });
      isOurs = ({ remotePort }) => remotePort === call.localAddr.port;
      using _late = this.#clock.after(ANSWER_MS, () => answer.resolve(false));
      this.#onCall();
      return await answer.promise;
    } catch {
      return true;
    } finally {
      for (const socket of this.#waiting.filter(isOurs)) socket.destroy();
      this.#waiting = this.#waiting.filter((socket) => !isOurs(socket));
      this.#onCall = null;
      this.#give();
    }
  }

  async #reopen(): Promise<void> {
    this.#server.close();
    try {
      this.#server = await this.#open(this.#where);
      this.#listenTo(this.#server);
      this.#complain(new Error("the port did not answer any more, and was opened anew"));
    } catch (error) {
      this.#complain(error);
    }
    if (this.#isClosed) this.#server.close();
  }
}

async function openServer({ hostname, port, reusePort }: PortToOpen): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: Error) => reject(asDenoError(error));
  server.once("error", fail);
  server.listen({ host: hostname, port, reusePort }, resolve);
  await promise;
  server.off("error", fail);
  return server;
}

function boundTo(server: Server): Deno.NetAddr {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("It does not listen");
  return { transport: "tcp", hostname: bound.address, port: bound.port };
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
