/** Asks the server to end the query of another connection. That takes a connection of its own, and has no answer. */
import type { PostgresTarget } from "./postgres_url.ts";

const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

export async function cancelQuery(
  { host, port, tls }: PostgresTarget,
  processId: number,
  secretKey: number,
): Promise<void> {
  if (host.startsWith("/")) {
    using socket = await Deno.connect({ transport: "unix", path: `${host}/.s.PGSQL.${port}` });
    await socket.write(message(CANCEL_REQUEST, processId, secretKey));
    return;
  }
  const socket = await Deno.connect({ hostname: host, port });
  if (tls === null) {
    using plain = socket;
    await plain.write(message(CANCEL_REQUEST, processId, secretKey));
    return;
  }
  const answer = new Uint8Array(1);
  await socket.write(message(SSL_REQUEST));
  await socket.read(answer);
  // The key must not cross the network in the clear.
  if (answer[0] !== "S".charCodeAt(0)) return socket.close();
  const { authorities } = tls;
  using secure = await Deno.startTls(socket, {
    hostname: host,
    ...(authorities === null ? {} : { caCerts: [authorities] }),
  });
  await secure.write(message(CANCEL_REQUEST, processId, secretKey));
}

function message(...numbers: readonly number[]): Uint8Array {
  const octets = new Uint8Array(4 + 4 * numbers.length);
  const view = new DataView(octets.buffer);
  view.setInt32(0, octets.length);
  for (const [index, number] of numbers.entries()) view.setInt32(4 + 4 * index, number);
  return octets;
}
