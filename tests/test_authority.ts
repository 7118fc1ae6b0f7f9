/** A certificate authority for tests, made for each run. */
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Certificate } from "../lib/mod.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Issues certificates that a client accepts when it trusts `pem`. */
export class TestAuthority {
  readonly pem: string;
  readonly #certificate: X509Certificate;
  readonly #keys: CryptoKeyPair;
  #lastSerial = 1;

  private constructor(certificate: X509Certificate, keys: CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
    this.pem = certificate.toString("pem");
  }

  static async create(): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: "01",
      name: "CN=Test authority",
      ...aroundNow(),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new BasicConstraintsExtension(true)],
    });
    return new TestAuthority(certificate, keys);
  }

  /** A certificate for `localhost` and 127.0.0.1. */
  async issue(commonName = "localhost", validity: Validity = aroundNow()): Promise<Certificate> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: `0${++this.#lastSerial}`,
      subject: `CN=${commonName}`,
      issuer: this.#certificate.subject,
      ...validity,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
        ]),
      ],
    });
    const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return {
      cert: certificate.toString("pem"),
      key: PemConverter.encode(key, "PRIVATE KEY"),
    };
  }
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function aroundNow(): Validity {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}

/** The authority that all tests of a file share. */
export const authority: TestAuthority = await TestAuthority.create();
/** A certificate that it has issued. */
export const certificate: Certificate = await authority.issue();
