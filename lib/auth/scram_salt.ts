/**
 * Makes the salt in the SCRAM challenge (RFC 5802) for an unknown name. It must stay the same; otherwise a client that
 * asks twice could see that nobody has this name.
 */
import { hmac } from "./scram.ts";

const encoder = new TextEncoder();

/** A salt that looks random, and is the same for a name as long as the key is the same. */
export async function saltFor(
  key: Uint8Array<ArrayBuffer>,
  name: string,
  octets: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const salt = new Uint8Array(octets);
  let block: Uint8Array = new Uint8Array();
  for (let filled = 0, count = 0; filled < octets; filled += block.length, count++) {
    block = await hmac(key, encoder.encode(`salt ${count} ${name}`));
    salt.set(block.subarray(0, octets - filled), filled);
  }
  return salt;
}
