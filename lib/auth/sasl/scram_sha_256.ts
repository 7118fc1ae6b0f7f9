/**
 * SCRAM-SHA-256 (RFC 5802 section 5, RFC 7677): both sides prove that they know the password, and neither sends it.
 *
 * There is no SCRAM-SHA-256-PLUS: over TLS 1.3 it needs an exporter (RFC 9266), which the runtime does not offer.
 *
 * A client cannot find out which names exist. For an unknown name, the exchange goes on with a salt and iterations like
 * those of other users (UserSecrets.challengeFor), and ends with a refusal. A challenge costs the same for all names,
 * and needs no PBKDF2. Once the challenge is sent, the exchange counts as an attempt: a client that gives up or breaks a
 * rule is refused as for a wrong password.
 */
import type {
  MailboxProvider,
  ScramChallenge,
  ScramVerifier,
  UserSecret,
} from "../../provider/mailbox_provider.ts";
import { prepared } from "../prepared_text.ts";
import { provesPassword, SCRAM_ITERATIONS, scramVerifierOf, serverSignature } from "../scram.ts";
import { saltFor } from "../scram_salt.ts";
import { type Mechanism, NOTHING, type Octets, octetsOf, SaslError, textOf } from "./mechanism.ts";

const SALT_OCTETS = 16;
const NONCE_OCTETS = 18;
/** The key from which this process makes salts, for providers without `challengeFor`. */
const saltKey = crypto.getRandomValues(new Uint8Array(32));

export const scramSha256: Mechanism = scram(() =>
  crypto.getRandomValues(new Uint8Array(NONCE_OCTETS)).toBase64()
);

/** @param newNonce lets tests follow the example of the RFC */
export function scram(newNonce: () => string): Mechanism {
  return {
    isOfferedBy: (provider) => provider.secrets !== undefined && provider.secrets !== null,
    async *begin(info, provider) {
      const first = parseClientFirst(textOf(yield NOTHING));
      const { username } = first;
      const nonce = first.nonce + newNonce();
      const secret = await provider.secrets?.secretOf(info, username) ?? null;
      // Computed for every name: otherwise the time would show which users have a verifier.
      const standIn = await standInFor(provider, username);
      const challenge = secret?.type === "scram-sha-256" ? secret.verifier : standIn;
      const serverFirst = `r=${nonce},s=${challenge.salt.toBase64()},i=${challenge.iterations}`;
      let final: ClientFinal;
      try {
        final = parseClientFinal(textOf(yield octetsOf(serverFirst)));
        if (final.nonce !== nonce || final.header !== first.header) {
          throw new SaslError("SCRAM repeats the nonce and the GS2 header.");
        }
      } catch (fault) {
        if (fault instanceof SaslError) return { username, mailbox: null, secret: null };
        throw fault;
      }
      const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
      const verifier = await verifierOf(provider, secret, challenge);
      const isProved = await provesPassword(verifier, authMessage, final.proof);
      if (!isProved || secret === null) return { username, mailbox: null, secret: null };
      const signature = await serverSignature(verifier, authMessage);
      yield octetsOf(`v=${signature.toBase64()}`);
      const mailbox = await provider.secrets?.openMailbox(info, username) ?? null;
      return { username, mailbox, secret: null };
    },
  };
}

async function standInFor(
  { secrets }: MailboxProvider,
  username: string,
): Promise<ScramChallenge> {
  const own = await secrets?.challengeFor?.(username);
  if (own !== undefined) return own;
  return { salt: await saltFor(saltKey, username, SALT_OCTETS), iterations: SCRAM_ITERATIONS };
}

/** Takes as long for an unknown name as for a known one, where all users have plain secrets or all have verifiers. */
async function verifierOf(
  { secrets }: MailboxProvider,
  secret: UserSecret | null,
  { salt, iterations }: ScramChallenge,
): Promise<ScramVerifier> {
  if (secret?.type === "scram-sha-256") return secret.verifier;
  if (secret === null && secrets?.offers === "scram") {
    const nobodys = crypto.getRandomValues(new Uint8Array(32));
    return { salt, iterations, storedKey: nobodys, serverKey: nobodys };
  }
  const password = await prepared(secret?.password ?? crypto.randomUUID());
  return await scramVerifierOf(password, salt, iterations);
}

interface ClientFirst {
  /** The GS2 header, with its commas. */
  readonly header: string;
  /** The message without the header. */
  readonly bare: string;
  readonly username: string;
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
  const username = name.replaceAll("=2C", ",").replaceAll("=3D", "=");
  return { header, bare, username, nonce };
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
