/**
 * The engine `deno`: a port of `Deno.listenTls`.
 *
 * Such a port has one certificate for its whole life, so for a new certificate we close the port and open it again. The
 * connections in the queue of the closed listener are lost. Two listeners at once (`reusePort`) would lose them, too,
 * and would let another program share the port. Open sessions go on.
 */
import type { Acceptor, Arrival, PortToOpen } from "../accept_loop.ts";
import { arrivalOf } from "../tcp_transport.ts";
import type { ReadyCertificate, ServedCertificate } from "./served_certificate.ts";

export class DenoTlsPort implements Acceptor<Arrival> {
  /** The address that the port is bound to. */
  readonly addr: Deno.NetAddr;
  readonly #where: PortToOpen;
  readonly #certificate: ServedCertificate;
  readonly #changes: Disposable;
  #shown: ReadyCertificate;
  /** Null after one listener is closed and before the next one is open. */
  #listener: Deno.TlsListener | null;
  /** Resolves the promise of `#reopen`: the port is open again, or closed for ever. */
  #settle: () => void = () => {};
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} and the like when the port cannot be opened */
  constructor(where: PortToOpen, certificate: ServedCertificate) {
    this.#certificate = certificate;
    this.#shown = certificate.ready;
    const listener = Deno.listenTls({ ...where, ...this.#shown.parts });
    this.#listener = listener;
    this.addr = listener.addr;
    // For port 0 the system has chosen a free port; when we open it again, it must be the same one.
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
      // A new certificate comes too late for this connection, whose handshake has begun, but in time for the next one.
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

  /** Makes `accept` open the port again: the address is free only after the waiting call of `accept` has ended. */
  #reopen(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settle();
    this.#settle = resolve;
    this.#listener?.close();
    this.#listener = null;
    return promise;
  }

  /** Opens the port with the new certificate, or with the old one if Deno does not accept the new one. */
  #open(): Deno.TlsListener {
    const { ready } = this.#certificate;
    let listener: Deno.TlsListener;
    try {
      listener = Deno.listenTls({ ...this.#where, ...ready.parts });
      this.#shown = ready;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) {
        // Another program took the port in between. `accept` tries again; whoever renewed the certificate hears of it.
        this.#settle();
        throw error;
      }
      this.#certificate.complain(error);
      listener = Deno.listenTls({ ...this.#where, ...this.#shown.parts });
    }
    this.#settle();
    return listener;
  }
}
