/**
 * Asks the server to end the query of another connection. That takes a connection of its own, and has no answer. A server
 * that is silent may never take the connection, so the signal ends it.
 */
import type { PostgresTarget } from "./postgres_url.ts";

const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

/** Resolves when the server has taken note, which it says by closing the connection. */
export async function cancelQuery(
  { host, port, tls }: PostgresTarget,
  processId: number,
  secretKey: number,
  signal: AbortSignal,
): Promise<void> {
  const tcp = host.startsWith("/") ? null : await Deno.connect({ hostname: host, port, signal });
  let socket: Deno.Conn = tcp ??
    await Deno.connect({ transport: "unix", path: `${host}/.s.PGSQL.${port}` });
  const close = () => {
    try {
      socket.close();
    } catch {
      // It is closed, or becomes a TLS connection just now, which fails then.
    }
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    if (tcp !== null && tls !== null) socket = await withTls(tcp, host, tls.authorities);
    await socket.write(message(CANCEL_REQUEST, processId, secretKey));
    await socket.read(new Uint8Array(1));
  } finally {
    signal.removeEventListener("abort", close);
    if (!signal.aborted) close();
  }
}

/** @throws where the server has no TLS: the key must not cross the network in the clear */
async function withTls(
  socket: Deno.TcpConn,
  hostname: string,
  authorities: string | null,
): Promise<Deno.TlsConn> {
  const answer = new Uint8Array(1);
  await socket.write(message(SSL_REQUEST));
  await socket.read(answer);
  if (answer[0] !== "S".charCodeAt(0)) throw new TypeError("the server has no TLS");
  return await Deno.startTls(socket, {
    hostname,
    ...(authorities === null ? {} : { caCerts: [authorities] }),
  });
}

function message(...numbers: readonly number[]): Uint8Array {
  const octets = new Uint8Array(4 + 4 * numbers.length);
  const view = new DataView(octets.buffer);
  view.setInt32(0, octets.length);
  for (const [index, number] of numbers.entries()) view.setInt32(4 + 4 * index, number);
  return octets;
}
