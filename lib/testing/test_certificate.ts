import type { Certificate } from "../transport/tls/certificate.ts";
import { ipOctets } from "../transport/ip_octets.ts";
import { CertificateAuthority } from "./certificate_authority.ts";

/** What a {@linkcode testCertificate} is good for. */
export interface TestCertificateOptions {
  /** The names of the server: DNS names and IP addresses. `localhost`, `127.0.0.1` and `::1` by default. */
  readonly names?: readonly string[];
  /** The first instant in which it is valid; a day ago by default, or a day before `notAfter` if that is earlier. */
  readonly notBefore?: Date;
  /** The last; 30 days from now by default. One in the past gives an expired certificate. */
  readonly notAfter?: Date;
}

/** A certificate with its key, as a listener takes it, and the authority that signed it. */
export interface TestCertificate extends Certificate {
  /** The certificate of the authority, as PEM text: what a client must trust. */
  readonly ca: string;
}

const DAY_MS = 86_400_000;

/**
 * Makes a certificate authority and a certificate of it, which Deno, Node, OpenSSL, curl and Python accept once they trust
 * `ca`. Nothing is written anywhere, and the key of the authority is thrown away.
 *
 * @throws {TypeError} when a name is no DNS name and no IP address, or there is none
 * @throws {RangeError} when it would be valid at no time
 *
 * @example
 * ```ts
 * import { Pop3Listener } from "@pop3svc/pop3svc";
 * import { Pop3Client, testCertificate } from "@pop3svc/pop3svc/testing";
 *
 * const { ca, cert, key } = await testCertificate({ names: ["mail.example.org", "127.0.0.1"] });
 * await using pop3 = new Pop3Listener({ certificate: { cert, key } });
 * const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0, tls: true });
 * using client = await Pop3Client.connect({
 *   port,
 *   tls: true,
 *   caCerts: [ca],
 *   serverName: "mail.example.org",
 * });
 * ```
 */
export async function testCertificate(
  options: TestCertificateOptions = {},
): Promise<TestCertificate> {
  const { names = ["localhost", "127.0.0.1", "::1"] } = options;
  const now = Date.now();
  const { notAfter = new Date(now + 30 * DAY_MS) } = options;
  const { notBefore = new Date(Math.min(now, notAfter.getTime()) - DAY_MS) } = options;
  if (!(notBefore.getTime() < notAfter.getTime())) {
    throw new RangeError(`notAfter: ${notAfter}: give a date after notBefore`);
  }
  const alternatives = names.map(alternativeName);
  const [commonName] = names;
  if (commonName === undefined) throw new TypeError("names: []: give one at least");
  // The authority is valid now, so that a client complains of the certificate where it does not hold.
  const authority = await CertificateAuthority.create({
    notBefore: new Date(Math.min(now, notBefore.getTime()) - DAY_MS),
    notAfter: new Date(Math.max(now, notAfter.getTime()) + DAY_MS),
  });
  const certificate = await authority.issue({
    commonName: commonName.slice(0, 64), // the most that X.520 allows
    names: alternatives,
    notBefore,
    notAfter,
  });
  return { ca: authority.pem, ...certificate };
}

/** The octets of an IP address, or the DNS name as it is written in a certificate. */
function alternativeName(name: string): string | Uint8Array {
  const octets = ipOctets(name);
  if (octets !== null) return new Uint8Array(octets);
  const url = /^[^\s/:@?#\\]+$/.test(name) ? URL.parse(`http://${name}`) : null;
  // The parser of URLs writes `bücher.example` in the letters of DNS.
  const isName = url !== null &&
    /^(\*\.)?([\w-]{1,63}\.)*(?=[\w-]{1,63}$)[\w-]*[a-z][\w-]*$/.test(url.hostname);
  if (isName) return url.hostname;
  throw new TypeError(`names: ${JSON.stringify(name)}: give a DNS name or an IP address`);
}
