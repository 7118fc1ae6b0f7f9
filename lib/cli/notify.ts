/**
 * Tells the service manager how the server is: sd_notify(3), for `Type=notify` of systemd. It is loaded only where
 * NOTIFY_SOCKET is set. A failure is logged, and has no other effect.
 *
 * - The datagrams come from an abstract socket with a random name, so no file is left behind, whatever happens.
 * - WATCHDOG=1 is not sent: the program may not read WATCHDOG_USEC. RELOADING=1 has no MONOTONIC_USEC, which Deno does not
 *   know, so `Type=notify-reload` does not work.
 */

const encoder = new TextEncoder();

/** Tells the service manager how the server is, without waiting for it. */
export class Notifier implements Disposable {
  readonly #socket: string;
  readonly #fails: (error: unknown) => void;
  #sender: Deno.DatagramConn | null = null;
  #state: "starting" | "ready" | "stopping" = "starting";

  /**
   * @param socket the value of NOTIFY_SOCKET: a path, or `@` and a name
   * @param fails called with each failure
   */
  constructor(socket: string, fails: (error: unknown) => void) {
    this.#socket = socket;
    this.#fails = fails;
  }

  /** @param status for people */
  ready(status: string): void {
    this.#state = "ready";
    this.#send("READY=1", status);
  }

  /** Says that the server reads its files again, until `done`. Before it is ready and while it stops, it says nothing. */
  async reload(status: string, done: Promise<void>): Promise<void> {
    if (this.#state === "ready") this.#send("RELOADING=1", "reading files again");
    await done;
    if (this.#state === "ready") this.#send("READY=1", status);
  }

  stopping(status: string): void {
    this.#state = "stopping";
    this.#send("STOPPING=1", status);
  }

  [Symbol.dispose](): void {
    this.#sender?.close();
  }

  #send(state: string, status: string): void {
    try {
      this.#sender ??= Deno.listenDatagram({
        transport: "unixpacket",
        path: `\0pop3svc-${crypto.randomUUID()}`,
      });
      const text = encoder.encode(`${state}\nSTATUS=${status.replaceAll(/\s+/g, " ")}\n`);
      const to = { transport: "unixpacket", path: pathOf(this.#socket) } as const;
      // Nothing waits for this: a manager that does not read must not keep the server from stopping.
      this.#sender.send(text, to).catch(this.#fails);
    } catch (error) {
      this.#fails(error);
    }
  }
}

/** @throws {TypeError} for a socket that is none of this machine's: a virtual machine may have `vsock:…` */
function pathOf(socket: string): string {
  if (socket.startsWith("@")) return `\0${socket.slice(1)}`;
  if (socket.startsWith("/")) return socket;
  throw new TypeError(`NOTIFY_SOCKET=${socket} is neither a path nor @ and a name`);
}
