/** What the limits need to know about a peer's address: its networks, and whether it is this machine. */

/** `::ffff:192.0.2.7` is the IPv4 address 192.0.2.7 on an IPv6 socket. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Counts for all addresses of this machine. */
export const LOOPBACK = "127.0.0.1";

/** Whether a peer with this address is on this machine. */
export function isLoopback(address: string): boolean {
  const plain = unmapped(address);
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** Whether only this machine can reach a host with this name or address. */
export function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

/** A network whose connections count together, and how many times the limit of one peer it may have. */
export interface CountedNetwork {
  readonly key: string;
  readonly peers: number;
}

/** What counts as one peer: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function peerKey(address: string): string {
  const plain = unmapped(address);
  return plain.includes(":") ? networkKey(groupsOf(plain), 64) : plain;
}

/**
 * The networks of an address that share its limits: the peer itself; for IPv6 also the /56 and /48 around it. Providers
 * give their customers networks of these sizes, and a customer must not have the places of all its /64.
 */
export function countedNetworks(address: string): readonly CountedNetwork[] {
  const plain = unmapped(address);
  if (!plain.includes(":")) return [{ key: plain, peers: 1 }];
  const groups = groupsOf(plain);
  return [
    { key: networkKey(groups, 64), peers: 1 },
    { key: networkKey(groups, 56), peers: 4 },
    { key: networkKey(groups, 48), peers: 16 },
  ];
}

/** The first four groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = address.split("%", 1).join("").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...new Array<string>(missing).fill("0"), ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16));
}

/** A text such as `2001:db8:0:7::/64`; for fewer bits, the rest of the fourth group is 0. */
function networkKey(groups: readonly number[], bits: 48 | 56 | 64): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = groups;
  const subnet = bits === 64 ? fourth : bits === 56 ? fourth & 0xff00 : 0;
  return `${[first, second, third, subnet].map((group) => group.toString(16)).join(":")}::/${bits}`;
}
