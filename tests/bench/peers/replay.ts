/**
 * A server that only sends canned replies: the load generator cannot measure a faster server than this. RETR sends the
 * given file from memory; a large one is copied from disk, which is as fast as Deno can send a message.
 *
 *     deno run -A tests/bench/peers/replay.ts FILE
 */
const path = Deno.args[0] ?? "";
const encoder = new TextEncoder();
const ok = encoder.encode("+OK\r\n");
const terminator = encoder.encode(".\r\n");
const isLarge = (await Deno.stat(path)).size > 1_000_000;
const message = isLarge ? ok : encoder.encode(`+OK\r\n${await Deno.readTextFile(path)}.\r\n`);
const [LF, R] = [0x0a, 0x52];

async function replay(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(512);
  try {
    await connection.write(ok);
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) return;
      const isRetr = buffer[0] === R;
      for (let at = 0; at < count; at++) {
        if (buffer[at] === LF) await writeAll(connection, isRetr ? message : ok);
      }
      if (isRetr && isLarge) await copyFile(connection);
    }
  } catch {
    // The client has gone.
  } finally {
    connection.close();
  }
}

async function copyFile(connection: Deno.TcpConn): Promise<void> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(262_144);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    await writeAll(connection, buffer.subarray(0, count));
  }
  await writeAll(connection, terminator);
}

async function writeAll(connection: Deno.TcpConn, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) at += await connection.write(octets.subarray(at));
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const connection of listener) replay(connection);
