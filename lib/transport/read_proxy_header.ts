/** Reads the header of the PROXY protocol from a connection. */
import { parseProxyHeader, type ProxiedClient } from "./proxy_header.ts";
import type { PushbackTransport } from "./transport.ts";

const FIRST_READ_OCTETS = 256;

/** The peer left without sending anything, as a health check does. */
export class ProxyGoneError extends Error {
  override readonly name = "ProxyGoneError";
}

/**
 * Reads the header that a proxy sends first (PROXY protocol, versions 1 and 2), and gives back the octets after it: the
 * next `read` of the transport returns them.
 *
 * @returns the client; null where the connection is the proxy's own, or the proxy does not know its client
 * @throws {ProxyGoneError} when the peer leaves without sending anything
 * @throws {SyntaxError} when it sends something else, or leaves in the middle
 */
export async function readProxyHeader(
  transport: PushbackTransport,
): Promise<ProxiedClient | null> {
  let buffer = new Uint8Array(FIRST_READ_OCTETS);
  let used = 0;
  for (;;) {
    const count = await readOrNull(transport, buffer.subarray(used));
    if (count === null && used === 0) throw new ProxyGoneError("the proxy left without a word");
    if (count === null) throw new SyntaxError("the proxy left in the middle of its header");
    used += count;
    const header = parseProxyHeader(buffer.subarray(0, used));
    switch (header.type) {
      case "header":
        transport.unread(buffer.subarray(header.length, used));
        return header.client;
      case "malformed":
        throw new SyntaxError(header.reason);
      case "incomplete":
        if (used < buffer.length) break;
        buffer = grown(buffer);
    }
  }
}

/** Reads; null at the end. A reset counts as the end, because some health checks close their connection in this way. */
async function readOrNull(
  transport: PushbackTransport,
  into: Uint8Array,
): Promise<number | null> {
  try {
    return await transport.read(into);
  } catch {
    return null;
  }
}

function grown(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * octets.length);
  larger.set(octets);
  return larger;
}
