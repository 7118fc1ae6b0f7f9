/**
 * Octets as text, a character for each, so that tests can compare lines whatever they hold. TextDecoder's `latin1` is
 * windows-1252.
 */
export function latin1(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
