/**
 * Finds the parts of PEM text (RFC 7468). Certificate and key may be in one file, in any order, with text around them:
 * hosting panels, HAProxy and mail servers write such files.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate.ts";

/** A certificate and a key that TLS can use as they are. */
export interface PemParts {
  /** The server's certificate first, then those that lead to a root (RFC 8446 section 4.4.2); and only the key. */
  readonly certificate: Certificate;
  /** The server's certificate. */
  readonly leaf: X509Certificate;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g;
const CERTIFICATE = /^(X509 )?CERTIFICATE$/;
/** Also `EC PRIVATE KEY` and `RSA PRIVATE KEY`, but not `EC PARAMETERS`, which openssl writes before a key. */
const PRIVATE_KEY = /^([A-Z]+ )?PRIVATE KEY$/;

/** @throws {TypeError} that says what is missing */
export function pemPartsOf({ cert, key }: Certificate): PemParts {
  const chain = blocksOf(CERTIFICATE, cert, key).flatMap((block) =>
    parsed(() => new X509Certificate(block))
  );
  if (chain.length === 0) throw new TypeError("no PEM certificate");
  const keys = blocksOf(PRIVATE_KEY, key, cert).flatMap((block) =>
    parsed(() => ({ block, key: createPrivateKey(block) }))
  );
  if (keys.length === 0) throw new TypeError("no PEM private key without a passphrase");
  for (const { block, key } of keys) {
    const leaf = chain.find((each) => each.checkPrivateKey(key));
    if (leaf === undefined) continue;
    return { certificate: { cert: inOrder(leaf, chain), key: `${block}\n` }, leaf };
  }
  throw new TypeError("the key does not belong to the certificate");
}

/** The blocks of a kind in `text`; if it has none, those in `other`. */
function blocksOf(label: RegExp, text: string, other: string): readonly string[] {
  for (const each of [text, other]) {
    const blocks = [...each.matchAll(BLOCK)].filter(([, found = ""]) => label.test(found));
    if (blocks.length > 0) return blocks.map(([block]) => block);
  }
  return [];
}

/** Puts after each certificate the one that issued it; certificates that issued none of the others come last. */
function inOrder(leaf: X509Certificate, chain: readonly X509Certificate[]): string {
  const ordered = [leaf];
  const rest = chain.filter((each) => each !== leaf);
  for (let last = leaf;;) {
    const at = rest.findIndex((each) => last.checkIssued(each));
    const [issuer] = at < 0 ? [] : rest.splice(at, 1);
    if (issuer === undefined) break;
    ordered.push(last = issuer);
  }
  return [...ordered, ...rest].map((each) => `${each}`.trimEnd() + "\n").join("");
}

/** The parsed block; empty if it is damaged, or has a passphrase: perhaps another block can be used. */
function parsed<T>(parse: () => T): readonly T[] {
  try {
    return [parse()];
  } catch {
    return [];
  }
}
