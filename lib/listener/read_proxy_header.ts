import { parseProxyHeader, type ProxiedClient } from "../guard/proxy_header.ts";
import type { UnreadableTransport } from "../connection/transport.ts";

const FIRST_READ_OCTETS = 256;

/**
 * Reads the header that a proxy sends before all else (PROXY protocol, versions 1 and 2); what came in behind it
 * is read again.
 *
 * @returns null where the proxy speaks for itself
 * @throws {SyntaxError} when it sends something else, or leaves
 */
export async function readProxyHeader(
  transport: UnreadableTransport,
): Promise<ProxiedClient | null> {
  let buffer = new Uint8Array(FIRST_READ_OCTETS);
  let used = 0;
  for (;;) {
    const count = await transport.read(buffer.subarray(used));
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

function grown(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * octets.length);
  larger.set(octets);
  return larger;
}
