/** The TLS of a listener: its certificate, and whether `node:tls` works here. Loads only the code that it needs. */
import type { Happening } from "../events/events.ts";
import type { FaultPlan } from "../faults/fault_rules.ts";
import type { Clock } from "../time/clock.ts";
import type { CertificateSource } from "../transport/tls/certificate.ts";
import type { ServedCertificate, ShownCertificate } from "../transport/tls/served_certificate.ts";
import type { TlsEngine } from "../transport/tls/tls_engine.ts";
import type { Handshake } from "../transport/transport.ts";

const DAY_MS = 86_400_000;

export class ListenerTls {
  readonly #source: () => CertificateSource | null;
  readonly #clock: Clock;
  readonly #emit: (event: Happening) => void;
  #served: ServedCertificate | null = null;
  #accept: Handshake | null = null;
  #tomorrow: Disposable | null = null;

  /** @param source returns the present certificate; null for none */
  constructor(
    source: () => CertificateSource | null,
    clock: Clock,
    emit: (event: Happening) => void,
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Begins TLS on a connection; null where there is no certificate, or the runtime cannot do it. */
  get accept(): Handshake | null {
    return this.#source() === null ? null : this.#accept;
  }

  /** The certificate that the next handshake shows; null without one. */
  get shown(): ShownCertificate | null {
    return this.#served?.shown ?? null;
  }

  /** Asks for the certificate now. @returns whether it is another one than before */
  async renew(): Promise<boolean> {
    const served = this.#served;
    if (served === null) return false;
    const before = served.ready;
    return await served.renew() !== before;
  }

  /** Asks for the certificate once a day, and reports its end, until `unwatch` is called. */
  watch(): void {
    const served = this.#served;
    if (served === null || this.#tomorrow !== null) return;
    this.#tomorrow = this.#clock.after(DAY_MS, () => {
      this.#tomorrow = null;
      this.watch();
      this.renew()
        .then((isNew) => isNew || served.remind())
        .catch((error) => served.complain(error));
    });
  }

  /** Ends what `watch` began: a stopped listener keeps no process alive. */
  unwatch(): void {
    this.#tomorrow?.[Symbol.dispose]();
    this.#tomorrow = null;
  }

  /**
   * Asks for the certificate, where there is one, and finds out whether `node:tls` works.
   *
   * @param engine the engine of the port that is to be opened; null for a plain port
   * @throws {TypeError} when the port needs a certificate and there is none
   * @throws the fault of the certificate, or that of the engine `node` for a port that needs it
   */
  async prepare(engine: TlsEngine | null): Promise<ServedCertificate | null> {
    const served = this.#served ??= await this.#firstCertificate();
    if (served === null) {
      if (engine !== null) throw new TypeError("Listening with tls needs a certificate");
      return null;
    }
    if (this.#accept !== null) return served;
    const { acceptTls, testTls } = await import("../transport/tls/node_tls.ts");
    try {
      await testTls(served, this.#clock);
      this.#accept = (transport) => acceptTls(transport, served);
    } catch (error) {
      this.#emit({ type: "error", connection: null, during: "TLS self-test", error });
      if (engine === "node") throw error;
    }
    return served;
  }

  async #firstCertificate(): Promise<ServedCertificate | null> {
    const first = this.#source();
    if (first === null) return null;
    const { ServedCertificate } = await import("../transport/tls/served_certificate.ts");
    const served = new ServedCertificate(() => this.#source() ?? first, this.#emit);
    await served.renew();
    return served;
  }
}

/** @throws {TypeError} for options that `Deno.listenTls` cannot obey, because it begins the handshake with the accept */
export function refuseForDeno(trustedProxies: readonly string[], faults: FaultPlan | null): void {
  if (trustedProxies.length > 0) {
    throw new TypeError(
      'A PROXY header comes before TLS, which the TLS engine "deno" cannot read: use "node"',
    );
  }
  if (faults?.rules.some(({ fault }) => fault === "half-handshake") === true) {
    throw new TypeError('The TLS engine "deno" cannot break a handshake off: use "node"');
  }
}
