/**
 * TLS for the connections of a listener: which certificate, and whether it works here at all.
 *
 * Loaded only where there is a certificate.
 */
import type { Socket } from "node:net";
import { duplexPair } from "node:stream";
import { connect, createSecureContext, type SecureContext } from "node:tls";
import type { Clock } from "../../time/clock.ts";
import type { Transport } from "../transport.ts";
import type { Pop3Event } from "../../events/events.ts";
import type { Certificate, CertificateSource } from "./certificate.ts";
import { inspectCertificate } from "./inspect_certificate.ts";
import { TransportStream } from "./transport_stream.ts";
import { SocketTransport } from "./socket_transport.ts";
import { TlsTransport } from "./tls_transport.ts";

const SELF_TEST_MS = 5_000;

/** A certificate that is ready for handshakes. */
interface ReadyCertificate {
  readonly certificate: Certificate;
  readonly subject: string;
  readonly validTo: Date;
  readonly secureContext: SecureContext;
}

/** The certificate of the handshakes to come: a new one takes over when it is good, else the old one stays. */
export class TlsServer {
  readonly #source: () => CertificateSource;
  readonly #emit: (event: Pop3Event) => void;
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
  async renew(): Promise<SecureContext> {
    try {
      const source = this.#source();
      const certificate = typeof source === "function" ? await source() : source;
      if (certificate !== this.#ready?.certificate) this.#use(certificate);
      this.#complaint = "";
    } catch (error) {
      if (this.#ready === null) throw error;
      if (`${error}` !== this.#complaint) {
        this.#emit({ type: "error", connection: null, during: "certificate", error });
      }
      this.#complaint = `${error}`;
    }
    if (this.#ready === null) throw new TypeError("There is no certificate");
    return this.#ready.secureContext;
  }

  /** What the next handshake shows; null while there is nothing. */
  get shown(): { readonly subject: string; readonly validTo: Date } | null {
    if (this.#ready === null) return null;
    const { subject, validTo } = this.#ready;
    return { subject, validTo };
  }

  #use(certificate: Certificate): void {
    const { certificate: { cert, key }, subject, validTo } = inspectCertificate(certificate);
    const secureContext = createSecureContext({ cert, key, minVersion: "TLSv1.2" });
    this.#ready = { certificate, subject, validTo, secureContext };
    this.#emit({ type: "certificate", subject, validTo });
  }

  /**
   * Waits for the handshake of a client, with the certificate of this moment.
   *
   * @throws {HandshakeError} when it fails; the line is closed then
   */
  async accept(line: Transport): Promise<TlsTransport> {
    // First, since it may take its time, and a socket that was detached has nobody who hears its errors.
    const secureContext = await this.renew();
    const stream = (line instanceof SocketTransport ? line.detach() : null) ??
      new TransportStream(line);
    return await TlsTransport.accept(stream, secureContext);
  }

  /**
   * Greets a client of our own in memory: not every runtime can take a line over into TLS.
   *
   * @throws when they do not understand each other
   */
  async selfTest(clock: Clock): Promise<void> {
    const secureContext = await this.renew();
    const [ours, theirs] = duplexPair();
    // It takes any Duplex; only its type asks for a Socket.
    const client = connect({ socket: theirs as Socket, rejectUnauthorized: false });
    const { promise: heard, resolve, reject } = Promise.withResolvers<void>();
    client.once("data", () => resolve());
    client.once("error", reject);
    using _late = clock.after(SELF_TEST_MS, () => reject(new Error("no handshake in time")));
    try {
      const line = await Promise.race([TlsTransport.accept(ours, secureContext), heard]);
      await line?.write(new TextEncoder().encode("+OK\r\n"));
      await heard;
    } finally {
      client.destroy();
      ours.destroy();
      theirs.destroy();
    }
  }
}
