/**
 * SCRAM-SHA-256 (RFC 5802 section 5, RFC 7677): both sides prove that they know the password, and neither sends it.
 *
 * There is no SCRAM-SHA-256-PLUS: over TLS 1.3 it binds to an exporter (RFC 9266), and the runtime gives none.
 * Somebody who is not known is led on with a salt of their own that stays the same, and refused at the end.
 */
import type { ConnectionInfo } from "../../mailbox/connection_info.ts";
import type { MailboxProvider, ScramVerifier } from "../../mailbox/mailbox_provider.ts";
import { hmac, provesPassword, scramVerifierOf, serverSignature } from "../scram.ts";
import { type Mechanism, NOTHING, type Octets, octetsOf, SaslError, textOf } from "./mechanism.ts";

const SALT_OCTETS = 16;
const NONCE_OCTETS = 18;
/** Makes the salts of this process. */
const saltKey = crypto.getRandomValues(new Uint8Array(32));

export const scramSha256: Mechanism = scram(() =>
  crypto.getRandomValues(new Uint8Array(NONCE_OCTETS)).toBase64()
);

/** @param newNonce for tests that follow the example of the RFC */
export function scram(newNonce: () => string): Mechanism {
  return {
    isOfferedBy: (provider) => provider.secrets !== undefined && provider.secrets !== null,
    async *begin(info, provider) {
      const first = parseClientFirst(textOf(yield NOTHING));
      const nonce = first.nonce + newNonce();
      const { isKnown, verifier } = await verifierOf(info, provider, first.userName);
      const { salt, iterations } = verifier;
      const serverFirst = `r=${nonce},s=${salt.toBase64()},i=${iterations}`;
      const final = parseClientFinal(textOf(yield octetsOf(serverFirst)));
      if (final.nonce !== nonce || final.header !== first.header) {
        throw new SaslError("SCRAM repeats the nonce and the GS2 header.");
      }
      const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
      const isProved = await provesPassword(verifier, authMessage, final.proof) && isKnown;
      const { userName } = first;
      if (!isProved) return { userName, mailbox: null, secret: null };
      const signature = await serverSignature(verifier, authMessage);
      yield octetsOf(`v=${signature.toBase64()}`);
      const mailbox = await provider.secrets?.openMailbox(info, userName) ?? null;
      return { userName, mailbox, secret: null };
    },
  };
}

async function verifierOf(
  info: ConnectionInfo,
  provider: MailboxProvider,
  userName: string,
): Promise<{ readonly isKnown: boolean; readonly verifier: ScramVerifier }> {
  const secret = await provider.secrets?.secretOf(info, userName) ?? null;
  if (secret?.type === "scram-sha-256") return { isKnown: true, verifier: secret.verifier };
  const salt = (await hmac(saltKey, octetsOf(userName))).slice(0, SALT_OCTETS);
  const verifier = await scramVerifierOf(secret?.password ?? crypto.randomUUID(), salt);
  return { isKnown: secret !== null, verifier };
}

interface ClientFirst {
  /** The GS2 header, with its commas. */
  readonly header: string;
  /** The message without it. */
  readonly bare: string;
  readonly userName: string;
  readonly nonce: string;
}

function parseClientFirst(message: string): ClientFirst {
  const [, header, authorizationId, bare, name, nonce] =
    /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s.exec(message) ?? [];
  if (header === undefined || bare === undefined || name === undefined || nonce === undefined) {
    if (message.startsWith("p=")) throw new SaslError("SCRAM-SHA-256 has no channel binding here.");
    throw new SaslError("SCRAM begins with a GS2 header, a user name and a nonce.");
  }
  if (/=(?!2C|3D)/.test(name)) {
    throw new SaslError("SCRAM writes , and = of a user name as =2C and =3D.");
  }
  if (authorizationId !== undefined && authorizationId !== name) {
    throw new SaslError("Nobody may log in as somebody else.");
  }
  const userName = name.replaceAll("=2C", ",").replaceAll("=3D", "=");
  return { header, bare, userName, nonce };
}

interface ClientFinal {
  readonly header: string;
  readonly nonce: string;
  readonly proof: Octets;
  readonly withoutProof: string;
}

function parseClientFinal(message: string): ClientFinal {
  const [, withoutProof, binding = "", nonce, proof = ""] =
    /^(c=([^,]+),r=([^,]+)(?:,.*)?),p=([^,]+)$/s.exec(message) ?? [];
  if (withoutProof === undefined || nonce === undefined) {
    throw new SaslError("SCRAM ends with a channel binding, a nonce and a proof.");
  }
  try {
    const header = new TextDecoder().decode(Uint8Array.fromBase64(binding));
    return { withoutProof, nonce, header, proof: Uint8Array.fromBase64(proof) };
  } catch {
    throw new SaslError("SCRAM writes a proof as base64.");
  }
}
