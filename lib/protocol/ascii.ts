/** The octets that mean something in the protocol. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const DOT = 0x2e;
export const DEL = 0x7f;

/** Whether the octet is printable ASCII (0x20 to 0x7E) or a tab: the octets that commands and replies may hold. */
export function isTextOctet(octet: number): boolean {
  return (octet >= SPACE && octet < DEL) || octet === TAB;
}
