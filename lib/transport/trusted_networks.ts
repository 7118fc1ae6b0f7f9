/** The networks of trusted proxies, in CIDR notation: `192.0.2.0/24`, `2001:db8::/32`, or one address. */
import ipaddr from "ipaddr.js";

/** A set of networks. */
export class TrustedNetworks {
  readonly #networks: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** @throws {RangeError} that names the first text that is not a network */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map(parseNetwork);
  }

  /** Whether the address is in one of the networks; false for a text that is not an address. */
  has(address: string): boolean {
    const plain = address.split("%", 1).join("");
    if (!ipaddr.isValid(plain)) return false;
    const peer = ipaddr.process(plain);
    return this.#networks.some(([network, bits]) =>
      network.kind() === peer.kind() && peer.match(network, bits)
    );
  }
}

function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const cidr = text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`;
  const isStrict = ipaddr.IPv6.isValidCIDR(cidr) || ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr);
  if (isStrict) return ipaddr.parseCIDR(cidr);
  throw new RangeError(
    `${JSON.stringify(text)} is no network such as 192.0.2.0/24 or 2001:db8::/32`,
  );
}
