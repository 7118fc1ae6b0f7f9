/** The certificate of the handshakes to come: a new one takes over when it is good, else the old one stays. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { Pop3Event } from "../../events/events.ts";
import type { Certificate, CertificateSource } from "./certificate.ts";
import { inspectCertificate } from "./inspect_certificate.ts";

/** A certificate that is ready for handshakes. */
export interface ReadyCertificate {
  /** What the source gave: the same object for as long as it is the same certificate. */
  readonly given: Certificate;
  /** Its parts, as TLS wants them. */
  readonly parts: Certificate;
  readonly subject: string;
  readonly validTo: Date;
  readonly secureContext: SecureContext;
}

export class ServedCertificate {
  readonly #source: () => CertificateSource;
  readonly #emit: (event: Pop3Event) => void;
  readonly #onChange = new Set<() => Promise<void>>();
  #ready: ReadyCertificate | null = null;
  /** What was said of a new certificate that is not good; it is said once. */
  #complaint = "";

  constructor(source: () => CertificateSource, emit: (event: Pop3Event) => void) {
    this.#source = source;
    this.#emit = emit;
  }

  /**
   * Asks for the certificate.
   *
   * @throws what is wrong with it, when there is no older one to go on with
   */
  async renew(): Promise<ReadyCertificate> {
    try {
      const source = this.#source();
      const certificate = typeof source === "function" ? await source() : source;
      if (certificate !== this.#ready?.given) await this.#use(certificate);
      this.#complaint = "";
    } catch (error) {
      if (this.#ready === null) throw error;
      this.complain(error);
    }
    return this.ready;
  }

  /** The one that was good the last time. */
  get ready(): ReadyCertificate {
    if (this.#ready === null) throw new TypeError("There is no certificate");
    return this.#ready;
  }

  /** What a person wants to know of that one. */
  get shown(): { readonly subject: string; readonly validTo: Date } {
    const { subject, validTo } = this.ready;
    return { subject, validTo };
  }

  /** Says why a new certificate is not used, once. */
  complain(error: unknown): void {
    if (`${error}` !== this.#complaint) {
      this.#emit({ type: "error", connection: null, during: "certificate", error });
    }
    this.#complaint = `${error}`;
  }

  /** Calls back after each change, and waits for that, until it is disposed of. */
  onChange(callback: () => Promise<void>): Disposable {
    this.#onChange.add(callback);
    return { [Symbol.dispose]: () => void this.#onChange.delete(callback) };
  }

  async #use(given: Certificate): Promise<void> {
    const { certificate: parts, subject, validTo } = inspectCertificate(given);
    const secureContext = createSecureContext({ ...parts, minVersion: "TLSv1.2" });
    this.#ready = { given, parts, subject, validTo, secureContext };
    this.#emit({ type: "certificate", subject, validTo });
    await Promise.all([...this.#onChange].map((callback) => callback()));
  }
}
