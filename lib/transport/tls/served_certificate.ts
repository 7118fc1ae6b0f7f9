/** Keeps the certificate for the next handshakes. A new one replaces it only if it can be used. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { Happening } from "../../events/events.ts";
import type { Certificate, CertificateSource } from "./certificate.ts";
import { DAY_MS, inspectCertificate, SOON_DAYS } from "./inspect_certificate.ts";

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

/** A newer certificate that could not be read or used, so that the older one is still in use. */
export interface RejectedCertificate {
  /** The files it would be read from; none where a program gives it in another way. */
  readonly files: readonly string[];
  /** Why, with the name of a file where there is one. */
  readonly reason: string;
  /** When this was first found. */
  readonly since: Date;
}

/** What the administrator wants to know about the certificate of a listener. */
export interface ShownCertificate {
  /** Its subject: `CN=mail.example`. */
  readonly subject: string;
  /** When it expires. */
  readonly validTo: Date;
  /** A newer one that is not used, and why; null for none. */
  readonly rejected: RejectedCertificate | null;
}

export class ServedCertificate {
  readonly #source: () => CertificateSource;
  readonly #emit: (event: Happening) => void;
  readonly #onChange = new Set<() => Promise<void>>();
  #ready: ReadyCertificate | null = null;
  /** Each reason is reported once. */
  #rejected: RejectedCertificate | null = null;

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
      this.#rejected = null;
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
  get shown(): ShownCertificate {
    const { subject, validTo } = this.ready;
    return { subject, validTo, rejected: this.#rejected };
  }

  /** Reports once why a new certificate is not used. */
  complain(error: unknown): void {
    const files = this.#files;
    const text = error instanceof Error ? error.message : String(error);
    const isNamed = files.length === 0 || files.some((file) => text.includes(file));
    const reason = isNamed ? text : `${files.join(", ")}: ${text}`;
    if (reason === this.#rejected?.reason) return;
    this.#rejected = { files, reason, since: this.#rejected?.since ?? new Date() };
    const told = isNamed ? error : new TypeError(reason);
    this.#emit({ type: "error", connection: null, during: "certificate", error: told });
  }

  /** Reports a certificate that has expired or will expire soon. */
  remind(): void {
    const { subject, validTo } = this.ready;
    const left = validTo.getTime() - Date.now();
    if (left >= SOON_DAYS * DAY_MS) return;
    this.#emit({ type: "certificate-expiry", subject, validTo, isExpired: left < 0 });
  }

  get #files(): readonly string[] {
    const source = this.#source();
    return typeof source === "function" && "files" in source ? source.files ?? [] : [];
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
    this.remind();
    await Promise.all([...this.#onChange].map((callback) => callback()));
  }
}
