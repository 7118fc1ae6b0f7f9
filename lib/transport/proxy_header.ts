/**
 * Parses the header of the PROXY protocol, versions 1 and 2: a proxy's first octets, which hold its client's address.
 *
 * It reads nothing itself. `incomplete` means that more octets are needed; both versions limit the length of a header.
 */
import ipaddr from "ipaddr.js";

/** The client of a proxy. */
export interface ProxiedClient {
  readonly address: string;
  readonly port: number;
  /** Whether the client speaks TLS with the proxy. */
  readonly isSecure: boolean;
}

/** What the first octets of a connection are. */
export type ProxyHeader =
  | { readonly type: "incomplete" }
  | { readonly type: "malformed"; readonly reason: string }
  | {
    readonly type: "header";
    /** How many octets the header has; those after it come from the client. */
    readonly length: number;
    /** Null where the connection is the proxy's own (a health check), or the proxy does not know its client. */
    readonly client: ProxiedClient | null;
  };

/** Version 1 ends with its first line, which has at most 107 octets. */
const MOST_V1_OCTETS = 107;
const V2_SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const V2_HEAD_OCTETS = 16;
const V1_SIGNATURE = [...new TextEncoder().encode("PROXY ")];

const incomplete = { type: "incomplete" } as const;

export function parseProxyHeader(octets: Uint8Array): ProxyHeader {
  if (beginsWith(octets, V2_SIGNATURE)) return parseV2(octets);
  if (beginsWith(octets, V1_SIGNATURE)) return parseV1(octets);
  return malformed("no PROXY header");
}

/** Whether the octets begin with the signature, or are the beginning of it. */
function beginsWith(octets: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((octet, index) => index >= octets.length || octets[index] === octet);
}

function malformed(reason: string): ProxyHeader {
  return { type: "malformed", reason };
}

function parseV1(octets: Uint8Array): ProxyHeader {
  const end = octets.subarray(0, MOST_V1_OCTETS).indexOf(0x0a);
  if (end === -1) {
    return octets.length < MOST_V1_OCTETS ? incomplete : malformed("version 1 without a line end");
  }
  const line = String.fromCharCode(...octets.subarray(0, end + 1));
  if (/^PROXY UNKNOWN( [^\r\n]*)?\r\n$/.test(line)) {
    return { type: "header", length: end + 1, client: null };
  }
  const [, family, from, to, port = "", toPort = ""] =
    /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n$/.exec(line) ?? [];
  const kind = family === "4" ? "ipv4" : "ipv6";
  const address = plainAddress(from, kind);
  if (address === null || plainAddress(to, kind) === null || !isPort(port) || !isPort(toPort)) {
    return malformed("version 1 with a wrong address or port");
  }
  return {
    type: "header",
    length: end + 1,
    client: { address, port: Number(port), isSecure: false },
  };
}

function isPort(text: string): boolean {
  return text !== "" && Number(text) <= 65_535;
}

function plainAddress(text: string | undefined, kind: "ipv4" | "ipv6"): string | null {
  if (text === undefined || text.includes("%")) return null;
  const isValid = kind === "ipv4"
    ? ipaddr.IPv4.isValidFourPartDecimal(text)
    : ipaddr.IPv6.isValid(text);
  return isValid ? ipaddr.process(text).toString() : null;
}

function parseV2(octets: Uint8Array): ProxyHeader {
  if (octets.length < V2_HEAD_OCTETS) return incomplete;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const command = view.getUint8(12);
  if (command !== 0x20 && command !== 0x21) return malformed("version 2 with an unknown command");
  const length = V2_HEAD_OCTETS + view.getUint16(14);
  if (octets.length < length) return incomplete;
  const LOCAL = 0x20;
  const addressOctets = new Map([[0x11, 4], [0x21, 16]]).get(view.getUint8(13));
  // For a family that is not TCP over IP, the specification tells the receiver to use the proxy's own address.
  if (command === LOCAL || addressOctets === undefined) {
    return { type: "header", length, client: null };
  }
  const tlvsAt = V2_HEAD_OCTETS + 2 * addressOctets + 4;
  if (length < tlvsAt) return malformed("version 2 without an address");
  const isSecure = clientSpeaksTls(octets.subarray(tlvsAt, length));
  if (isSecure === null) return malformed("version 2 with a field that does not fit");
  const address = octets.subarray(V2_HEAD_OCTETS, V2_HEAD_OCTETS + addressOctets);
  return {
    type: "header",
    length,
    client: {
      address: ipaddr.process(ipaddr.fromByteArray([...address]).toString()).toString(),
      port: view.getUint16(V2_HEAD_OCTETS + 2 * addressOctets),
      isSecure,
    },
  };
}

/** Whether a field PP2_TYPE_SSL has the bit PP2_CLIENT_SSL; null when a field is longer than the rest of the octets. */
function clientSpeaksTls(fields: Uint8Array): boolean | null {
  const PP2_TYPE_SSL = 0x20;
  const PP2_CLIENT_SSL = 0x01;
  const view = new DataView(fields.buffer, fields.byteOffset, fields.byteLength);
  let isSecure = false;
  for (let at = 0; at < fields.length;) {
    if (at + 3 > fields.length) return null;
    const end = at + 3 + view.getUint16(at + 1);
    if (end > fields.length) return null;
    if (view.getUint8(at) === PP2_TYPE_SSL && end > at + 3) {
      isSecure ||= (view.getUint8(at + 3) & PP2_CLIENT_SSL) !== 0;
    }
    at = end;
  }
  return isSecure;
}
