/**
 * The TLS engine `node`: TLS by `node:tls` over a connection that is already accepted. STLS always uses this engine.
 *
 * Loaded only where there is a certificate.
 */
import type { Socket } from "node:net";
import { duplexPair } from "node:stream";
import { connect } from "node:tls";
import type { Clock } from "../../time/clock.ts";
import type { SecuredTransport, Transport } from "../transport.ts";
import { HandshakeError } from "./handshake_error.ts";
import type { ServedCertificate } from "./served_certificate.ts";
import { TlsTransport } from "./tls_transport.ts";
import { TransportStream } from "./transport_stream.ts";

const SELF_TEST_MS = 5_000;

/**
 * Waits for the handshake of a client, with the present certificate.
 *
 * @throws {HandshakeError} when the handshake fails; the transport is then closed
 */
export async function acceptTls(
  transport: Transport,
  certificate: ServedCertificate,
): Promise<SecuredTransport> {
  const { secureContext } = await certificate.renew();
  const stream = new TransportStream(transport);
  try {
    const secured = await TlsTransport.accept(stream, secureContext);
    return { transport: secured, facts: secured.facts };
  } catch (error) {
    throw new HandshakeError(error, stream.bytesRead === 0);
  }
}

/**
 * Tests TLS with a client in memory, since not every runtime can begin TLS on an accepted connection.
 *
 * @throws when the client does not receive the greeting
 */
export async function testTls(certificate: ServedCertificate, clock: Clock): Promise<void> {
  const { secureContext } = await certificate.renew();
  const [ours, theirs] = duplexPair();
  // `connect` takes any Duplex; only its type asks for a Socket.
  const client = connect({ socket: theirs as Socket, rejectUnauthorized: false });
  const { promise: heard, resolve, reject } = Promise.withResolvers<void>();
  client.once("data", () => resolve());
  client.once("error", reject);
  using _late = clock.after(SELF_TEST_MS, () => reject(new Error("no handshake in time")));
  try {
    const secured = await Promise.race([TlsTransport.accept(ours, secureContext), heard]);
    await secured?.write(new TextEncoder().encode("+OK\r\n"));
    await heard;
  } finally {
    client.destroy();
    ours.destroy();
    theirs.destroy();
  }
}
