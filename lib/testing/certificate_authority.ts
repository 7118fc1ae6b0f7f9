/**
 * Signs certificates for tests. What a certificate needs is written here, in some 200 lines with der.ts: the library
 * for it, `@peculiar/x509`, brings 20 packages (3 MB), and takes most of a second to load.
 */
import { bitString, der, integer, objectId, pem, sequence, TAG, time, utf8String } from "./der.ts";

/** From when until when a certificate is valid. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a certificate of a server says. */
export interface ServerIdentity extends Validity {
  /** For people; clients look at the names. */
  readonly commonName: string;
  /** Names in DNS, and the octets of IP addresses. */
  readonly names: readonly (string | Uint8Array)[];
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));

/** Signs certificates; clients that trust `pem` accept them. The key is in this object alone. */
export class CertificateAuthority {
  /** The certificate of the authority. */
  readonly pem: string;
  readonly #name: Uint8Array;
  readonly #keys: CryptoKeyPair;
  readonly #keyId: Uint8Array;

  private constructor(pem: string, name: Uint8Array, keys: CryptoKeyPair, keyId: Uint8Array) {
    this.pem = pem;
    this.#name = name;
    this.#keys = keys;
    this.#keyId = keyId;
  }

  /** Makes an authority with a key of its own. */
  static async create(validity: Validity): Promise<CertificateAuthority> {
    const keys = await newKeys(false);
    // Clients find an authority by its name, so that of each run is another.
    const name = nameOf(`Test authority ${randomSerial().toHex().slice(0, 8)}`);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
    const keyId = await keyIdOf(publicKey);
    const certificate = await signed(keys.privateKey, {
      ...validity,
      issuer: name,
      subject: name,
      publicKey,
      extensions: [
        extension("2.5.29.19", true, sequence(der(TAG.boolean, [0xff]))), // it is an authority
        extension("2.5.29.15", true, der(TAG.bitString, [1, 0x06])), // it signs certificates and CRLs
        extension("2.5.29.14", false, der(TAG.octetString, keyId)),
      ],
    });
    return new CertificateAuthority(pem("CERTIFICATE", certificate), name, keys, keyId);
  }

  /** Makes a certificate of a server, with its key, as PEM text. */
  async issue(server: ServerIdentity): Promise<{ readonly cert: string; readonly key: string }> {
    const keys = await newKeys(true);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
    const names = server.names.map((name) =>
      typeof name === "string" ? der(0x82, new TextEncoder().encode(name)) : der(0x87, name)
    );
    const certificate = await signed(this.#keys.privateKey, {
      ...server,
      issuer: this.#name,
      subject: nameOf(server.commonName),
      publicKey,
      // Python 3.13 (VERIFY_X509_STRICT) asks for the ids of both keys, Apple for the usage.
      extensions: [
        extension("2.5.29.19", true, sequence()), // it is no authority
        extension("2.5.29.15", true, der(TAG.bitString, [7, 0x80])), // it signs handshakes
        extension("2.5.29.37", false, sequence(objectId("1.3.6.1.5.5.7.3.1"))), // of a server
        extension("2.5.29.17", false, sequence(...names)),
        extension("2.5.29.14", false, der(TAG.octetString, await keyIdOf(publicKey))),
        extension("2.5.29.35", false, sequence(der(0x80, this.#keyId))),
      ],
    });
    const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return {
      cert: pem("CERTIFICATE", certificate),
      key: pem("PRIVATE KEY", new Uint8Array(key)),
    };
  }
}

interface Contents extends Validity {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** A certificate (RFC 5280 section 4.1). */
async function signed(key: CryptoKey, contents: Contents): Promise<Uint8Array> {
  const toBeSigned = sequence(
    der(0xa0, integer(new Uint8Array([2]))), // version 3
    integer(randomSerial()),
    ecdsaWithSha256,
    contents.issuer,
    sequence(time(contents.notBefore), time(contents.notAfter)),
    contents.subject,
    contents.publicKey,
    der(0xa3, sequence(...contents.extensions)),
  );
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key, toBeSigned));
  // WebCrypto gives both numbers side by side, a certificate has them in a sequence (RFC 3279 section 2.2.3).
  const numbers = sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return sequence(toBeSigned, ecdsaWithSha256, bitString(numbers));
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [der(TAG.boolean, [0xff])] : [];
  return sequence(objectId(id), ...flag, der(TAG.octetString, value));
}

function nameOf(commonName: string): Uint8Array {
  return sequence(der(TAG.set, sequence(objectId("2.5.4.3"), utf8String(commonName))));
}

/** Two certificates of an authority must not have the same number (RFC 5280 section 4.1.2.2). */
function randomSerial(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

async function keyIdOf(publicKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)).subarray(0, 20);
}

async function newKeys(extractable: boolean): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, extractable, ["sign", "verify"]);
}
