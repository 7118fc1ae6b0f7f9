/** The computations of SCRAM-SHA-256 (RFC 5802 section 3, RFC 7677). */
import type { ScramVerifier } from "../provider/mailbox_provider.ts";

/** RFC 7677 section 4 asks for at least 4096. */
export const SCRAM_ITERATIONS = 4_096;

type Octets = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** The verifier of a password that is already prepared (prepared_text.ts). */
export async function scramVerifierOf(
  password: string,
  salt: Octets,
  iterations: number = SCRAM_ITERATIONS,
): Promise<ScramVerifier> {
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const saltedPassword = new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
  const clientKey = await hmac(saltedPassword, encoder.encode("Client Key"));
  return {
    salt,
    iterations,
    storedKey: await sha256(clientKey),
    serverKey: await hmac(saltedPassword, encoder.encode("Server Key")),
  };
}

/** Whether the proof shows that the client knows the password. */
export async function provesPassword(
  { storedKey }: ScramVerifier,
  authMessage: string,
  proof: Octets,
): Promise<boolean> {
  const signature = await hmac(storedKey, encoder.encode(authMessage));
  if (proof.length !== signature.length) return false;
  const clientKey = proof.map((octet, index) => octet ^ (signature[index] ?? 0));
  const shown = await sha256(clientKey);
  return shown.reduce(
    (difference, octet, index) => difference | (octet ^ (storedKey[index] ?? 0)),
    0,
  ) === 0;
}

/** The signature by which the server shows that it has the user's verifier. */
export async function serverSignature(
  verifier: ScramVerifier,
  authMessage: string,
): Promise<Octets> {
  return await hmac(verifier.serverKey, encoder.encode(authMessage));
}

export async function hmac(key: Octets, message: Octets): Promise<Octets> {
  const imported = await crypto.subtle.importKey(
    "raw",
    key,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

async function sha256(octets: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
}
