/**
 * A server that does nothing but say what a server would say: what the load generator reaches against it is as much
 * as it can show of any server. `deno run -A tests/bench/peers/replay.ts FILE` answers RETR with the file.
 */
const encoder = new TextEncoder();
const ok = encoder.encode("+OK\r\n");
const message = encoder.encode("+OK\r\n" + await Deno.readTextFile(Deno.args[0] ?? ""));
const R = 0x52;

async function replay(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(512);
  try {
    await connection.write(ok);
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return;
      await writeAll(connection, buffer[0] === R ? message : ok);
    }
  } catch {
    // The client is gone.
  } finally {
    connection.close();
  }
}

async function writeAll(connection: Deno.TcpConn, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await connection.write(octets.subarray(at));
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const connection of listener) replay(connection);
