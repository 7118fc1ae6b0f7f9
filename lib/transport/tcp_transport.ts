/** A connection that Deno has accepted, as a transport. */
import type { Arrival } from "./accept_loop.ts";
import { unmapped } from "./address.ts";
import { HandshakeError } from "./tls/handshake_error.ts";
import type { Handshake, PushbackTransport } from "./transport.ts";

/** Makes an arrival of an accepted connection; if that fails, closes the connection. */
export function arrivalOf(accepted: Deno.TcpConn | Deno.TlsConn): Arrival {
  try {
    const { hostname, port } = accepted.remoteAddr;
    const address = unmapped(hostname);
    const isOwn = address === unmapped(accepted.localAddr.hostname);
    const handshake = "handshake" in accepted ? handshakeOf(accepted) : null;
    return { transport: new TcpTransport(accepted), address, port, isOwn, handshake };
  } catch (error) {
    accepted.close();
    throw error;
  }
}

/** Waits for the handshake, which Deno began with the accept. Deno tells neither its version nor its cipher. */
function handshakeOf(connection: Deno.TlsConn): Handshake {
  return async (transport) => {
    try {
      await connection.handshake();
    } catch (error) {
      transport.close();
      // Deno throws the same errors for a peer that leaves in the middle of its handshake.
      const isSilent = error instanceof Deno.errors.UnexpectedEof ||
        error instanceof Deno.errors.ConnectionReset;
      throw new HandshakeError(error, isSilent);
    }
    return { transport, facts: null };
  };
}

/** A peer may end TLS without close_notify: what it has sent was whole for POP3, where QUIT says the end. */
function endOfTls(error: unknown): null {
  if (error instanceof Deno.errors.UnexpectedEof) return null;
  throw error;
}

/** A connection that Deno has accepted, plain or with TLS. It may be closed more than once. */
export class TcpTransport implements PushbackTransport {
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  #isOpen = true;
  #unread: Uint8Array | null = null;

  constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    // A reply is one write: waiting for more to send (Nagle) would only delay it until the client's delayed ACK.
    try {
      if ("setNoDelay" in connection) connection.setNoDelay(true);
    } catch {
      // The peer is gone already; the first read will fail.
    }
    this.#connection = connection;
  }

  unread(octets: Uint8Array): void {
    const all = new Uint8Array(octets.length + (this.#unread?.length ?? 0));
    all.set(octets);
    all.set(this.#unread ?? [], octets.length);
    this.#unread = all.length > 0 ? all : null;
  }

  read(into: Uint8Array): Promise<number | null> {
    const octets = this.#unread;
    if (octets === null) return this.#connection.read(into).catch(endOfTls);
    const part = octets.subarray(0, into.length);
    into.set(part);
    this.#unread = part.length < octets.length ? octets.subarray(part.length) : null;
    return Promise.resolve(part.length);
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
