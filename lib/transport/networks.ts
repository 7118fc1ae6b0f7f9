/** Addresses and networks, and whether an address is among them. */
import { unmapped } from "./address.ts";
import { ipOctets } from "./ip_octets.ts";

/** Networks, as CIDR writes them (`192.0.2.0/24`, `2001:db8::/32`), and addresses. */
export class Networks {
  /** The first bits of each, after its kind. */
  readonly #prefixes: readonly string[];

  /** @throws {RangeError} that names the first entry that is no network */
  constructor(networks: readonly string[]) {
    this.#prefixes = networks.map(prefixOf);
  }

  /** Whether the address is in one of them. */
  has(address: string): boolean {
    if (this.#prefixes.length === 0) return false;
    const bits = bitsOf(address.split("%", 1).join(""));
    return bits !== null && this.#prefixes.some((prefix) => bits.startsWith(prefix));
  }
}

function prefixOf(network: string): string {
  const [, address = "", length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
  const bits = bitsOf(address);
  const most = (bits?.length ?? 1) - 1;
  // `::ffff:192.0.2.0/120` is 192.0.2.0/24.
  const before = unmapped(address) === address ? 0 : 96;
  const given = length === undefined ? most : Number(length) - before;
  if (bits !== null && given >= 0 && given <= most) return bits.slice(0, 1 + given);
  throw new RangeError(
    `${JSON.stringify(network)} is no network such as 192.0.2.0/24 or 2001:db8::/32`,
  );
}

/** `4` or `6`, and the bits of the address; null for what is no address. */
function bitsOf(address: string): string | null {
  const octets = ipOctets(unmapped(address));
  if (octets === null) return null;
  const bits = octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  return `${octets.length === 4 ? 4 : 6}${bits}`;
}
