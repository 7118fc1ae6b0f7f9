/** What limits need to know of the address of a peer. */

/** `::ffff:192.0.2.7` is the IPv4 address 192.0.2.7 on an IPv6 socket. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Whether a peer with this address is on this machine. */
export function isLoopback(address: string): boolean {
  const plain = unmapped(address);
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** Whether a host that someone has named is this machine alone. */
export function isThisMachine(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname);
}

/** A network from which connections are counted together, and how many peers' share it may have. */
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
 * The networks of an address that share its limits: the peer; and of IPv6 the /56 and /48 around it, which are what a
 * customer is given, so that nobody has the places of all their /64.
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

/** `2001:db8:0:0::/64`, and its like for less bits of the fourth group. */
function networkKey(groups: readonly number[], bits: 48 | 56 | 64): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = groups;
  const subnet = bits === 64 ? fourth : bits === 56 ? fourth & 0xff00 : 0;
  return `${[first, second, third, subnet].map((group) => group.toString(16)).join(":")}::/${bits}`;
}
