import type { Transport } from "../connection/transport.ts";

/** An accepted connection as the line to a peer. It may be closed more than once. */
export class TcpTransport implements Transport {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  #isOpen = true;

  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    // A reply is one write; waiting for more to send (Nagle) would only add the client's delayed ACK to it.
    try {
      if ("setNoDelay" in connection) connection.setNoDelay(true);
    } catch {
      // The peer is gone already; the first read tells.
    }
    this.#connection = connection;
  }

  read(into: Uint8Array): Promise<number | null> {
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
