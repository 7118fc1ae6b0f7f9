/** Keeps the certificate for the next handshakes. A new one replaces it only if it can be used. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { Happening } from "../../events/events.ts";
import type { Certificate, CertificateSource } from "./certificate.ts";
import { inspectCertificate } from "./inspect_certificate.ts";

/** A certificate that is ready for handshakes. */
export interface ReadyCertificate {
  /** What the source returned. */
  readonly given: Certificate;
  /** Its parts, as TLS needs them. */
  readonly parts: Certificate;
  readonly subject: string;
  readonly validTo: Date;
  readonly secureContext: SecureContext;
}

export class ServedCertificate {
  readonly #source: () => CertificateSource;
  readonly #emit: (event: Happening) => void;
  readonly #onChange = new Set<() => Promise<void>>();
  #ready: ReadyCertificate | null = null;
  /** The last error that was reported about a new certificate; each error is reported once. */
  #complaint = "";

  constructor(source: () => CertificateSource, emit: (event: Happening) => void) {
    this.#source = source;
    this.#emit = emit;
  }

  /**
   * Asks the source for the certificate.
   *
   * @throws the reason why it cannot be used, if there is no older one
   */
  async renew(): Promise<ReadyCertificate> {
    try {
      const source = this.#source();
      const certificate = typeof source === "function" ? await source() : source;
      if (!this.#isReady(certificate)) await this.#use(certificate);
      this.#complaint = "";
    } catch (error) {
      if (this.#ready === null) throw error;
      this.complain(error);
    }
    return this.ready;
  }

  /** The last certificate that could be used. */
  get ready(): ReadyCertificate {
    if (this.#ready === null) throw new TypeError("There is no certificate");
    return this.#ready;
  }

  /** What the administrator wants to know about it. */
  get shown(): { readonly subject: string; readonly validTo: Date } {
    const { subject, validTo } = this.ready;
    return { subject, validTo };
  }

  /** Reports once why a new certificate is not used. */
  complain(error: unknown): void {
    if (`${error}` !== this.#complaint) {
      this.#emit({ type: "error", connection: null, during: "certificate", error });
    }
    this.#complaint = `${error}`;
  }

  /** Calls `callback` after each change, and waits for it, until the returned handle is disposed of. */
  onChange(callback: () => Promise<void>): Disposable {
    this.#onChange.add(callback);
    return { [Symbol.dispose]: () => void this.#onChange.delete(callback) };
  }

  /** Whether it is the certificate in use. A source may make a new object each time. */
  #isReady(certificate: Certificate): boolean {
    const given = this.#ready?.given;
    return certificate === given ||
      given !== undefined && certificate.cert === given.cert && certificate.key === given.key;
  }

  async #use(given: Certificate): Promise<void> {
    const { certificate: parts, subject, validTo } = inspectCertificate(given);
    const secureContext = createSecureContext({ ...parts, minVersion: "TLSv1.2" });
    this.#ready = { given, parts, subject, validTo, secureContext };
    this.#emit({ type: "certificate", subject, validTo });
    await Promise.all([...this.#onChange].map((callback) => callback()));
  }
}
