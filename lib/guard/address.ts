/** What limits need to know of the address of a peer. */

/** `::ffff:192.0.2.7` is the IPv4 address 192.0.2.7 on an IPv6 socket. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Is the peer on this machine? */
export function isLoopback(address: string): boolean {
  const plain = unmapped(address);
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** What counts as one peer: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function peerKey(address: string): string {
  const plain = unmapped(address);
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("%", 1).join("").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...new Array<string>(missing).fill("0"), ...after];
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(":") +
    "::/64";
}
