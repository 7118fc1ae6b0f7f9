/**
 * The engine `deno`: a port of `Deno.listenTls`.
 *
 * Such a port has one certificate for its whole life, so a new certificate opens it again. Deno shows no other way that
 * loses less: two listeners on the port at once (`reusePort`) lose what waits in the queue of the one that is closed,
 * as this does, and would let another program share the port. Sessions that are open go on.
 */
import type { Acceptor, Arrival, PortToOpen } from "../accept_loop.ts";
import { arrivalOf } from "../tcp_transport.ts";
import type { ReadyCertificate, ServedCertificate } from "./served_certificate.ts";

export class DenoTlsPort implements Acceptor<Arrival> {
  /** The address that it is bound to. */
  readonly addr: Deno.NetAddr;
  readonly #where: PortToOpen;
  readonly #certificate: ServedCertificate;
  readonly #changes: Disposable;
  #shown: ReadyCertificate;
  /** Null between two of them. */
  #listener: Deno.TlsListener | null;
  /** Tells whoever waits until the port is open again, or closed for good. */
  #settle: () => void = () => {};
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} when another program has the port, and its like */
  constructor(where: PortToOpen, certificate: ServedCertificate) {
    this.#certificate = certificate;
    this.#shown = certificate.ready;
    const listener = Deno.listenTls({ ...where, ...this.#shown.parts });
    this.#listener = listener;
    this.addr = listener.addr;
    // Port 0 was any port; from here on it is this one.
    this.#where = { ...where, port: this.addr.port };
    this.#changes = certificate.onChange(() => this.#reopen());
  }

  async accept(): Promise<Arrival> {
    for (;;) {
      if (this.#isClosed) throw new Deno.errors.BadResource("The port is closed");
      const listener = this.#listener ??= this.#open();
      let accepted: Deno.TlsConn;
      try {
        accepted = await listener.accept();
      } catch (error) {
        if (listener !== this.#listener) continue;
        throw error;
      }
      // Too late for this connection, whose handshake has begun; in time for the next one.
      this.#certificate.renew().catch((error) => this.#certificate.complain(error));
      return arrivalOf(accepted);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#changes[Symbol.dispose]();
    this.#listener?.close();
    this.#settle();
  }

  /** Has `accept` open the port again: the address is free only when its waiting call has ended. */
  #reopen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settle();
    this.#settle = resolve;
    this.#listener?.close();
    this.#listener = null;
    return promise;
  }

  /** Opens it with the new certificate, or with the old one where Deno does not take the new one. */
  #open(): Deno.TlsListener {
    const { ready } = this.#certificate;
    let listener: Deno.TlsListener;
    try {
      listener = Deno.listenTls({ ...this.#where, ...ready.parts });
      this.#shown = ready;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) throw error;
      this.#certificate.complain(error);
      listener = Deno.listenTls({ ...this.#where, ...this.#shown.parts });
    }
    this.#settle();
    return listener;
  }
}
