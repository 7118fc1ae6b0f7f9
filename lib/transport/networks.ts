/** Addresses and networks, and whether an address is among them. */
import { unmapped } from "./address.ts";
import { ipOctets } from "./ip_octets.ts";

/** Networks, as CIDR writes them (`192.0.2.0/24`, `2001:db8::/32`), and addresses. */
export class Networks {
  readonly #prefixes: readonly Prefix[];

  /** @throws {RangeError} that names the first entry that is no network */
  constructor(networks: readonly string[]) {
    this.#prefixes = networks.map(prefixOf);
  }

  /** Whether the address is in one of them. */
  has(address: string): boolean {
    if (this.#prefixes.length === 0) return false;
    const octets = ipOctets(unmapped(address.split("%", 1).join("")));
    return octets !== null && this.#prefixes.some((prefix) => beginsWith(octets, prefix));
  }
}

/** The octets of an address, and how many of their bits count. */
interface Prefix {
  readonly octets: readonly number[];
  readonly bits: number;
}

function prefixOf(network: string): Prefix {
  const [, address = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  const octets = ipOctets(unmapped(address));
  const most = 8 * (octets?.length ?? 0);
  // `::ffff:192.0.2.0/120` is 192.0.2.0/24.
  const before = unmapped(address) === address ? 0 : 96;
  const given = length === undefined ? most : Number(length) - before;
  if (octets !== null && given >= 0 && given <= most) return { octets, bits: given };
  throw new RangeError(
    `${JSON.stringify(network)} is no network such as 192.0.2.0/24 or 2001:db8::/32`,
  );
}

function beginsWith(address: readonly number[], { octets, bits }: Prefix): boolean {
  return address.length === octets.length && octets.every((octet, index) => {
    const ignored = Math.min(8, Math.max(0, 8 * (index + 1) - bits));
    return octet >> ignored === (address[index] ?? 0) >> ignored;
  });
}
