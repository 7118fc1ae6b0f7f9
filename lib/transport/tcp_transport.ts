import type { Arrival } from "./accept_loop.ts";
import type { PushbackTransport } from "./transport.ts";

/** What `Deno.Listener` accepts. */
export function arrivalOf(accepted: Deno.TcpConn | Deno.TlsConn): Arrival {
  const { hostname, port } = accepted.remoteAddr;
  const transport = new TcpTransport(accepted);
  return { transport, address: hostname, port, isSecure: "handshake" in accepted };
}

const NOTHING = new Uint8Array(0);

/** An accepted connection as the line to a peer. It may be closed more than once. */
export class TcpTransport implements PushbackTransport {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  #isOpen = true;
  #unread: Uint8Array = NOTHING;

  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    // A reply is one write; waiting for more to send (Nagle) would only add the client's delayed ACK to it.
    try {
      if ("setNoDelay" in connection) connection.setNoDelay(true);
    } catch {
      // The peer is gone already; the first read tells.
    }
    this.#connection = connection;
  }

  unread(octets: Uint8Array): void {
    this.#unread = octets;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#unread.length > 0) {
      const part = this.#unread.subarray(0, into.length);
      into.set(part);
      this.#unread = this.#unread.subarray(part.length);
      return Promise.resolve(part.length);
    }
    return this.#connection.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#connection.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.close();
  }
}
