import { assertEquals } from "@std/assert";
import { arrivalOf } from "../../lib/transport/tcp_transport.ts";

Deno.test("octets that are put back are read again, in order, before those that come", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const { transport, handshake } = arrivalOf(await listener.accept());
  assertEquals(handshake, null);
  await client.write(new Uint8Array([4, 5]));
  transport.unread(new Uint8Array([2, 3]));
  transport.unread(new Uint8Array([1]));
  transport.unread(new Uint8Array());
  const into = new Uint8Array(2);
  const read: number[][] = [];
  for (let time = 0; time < 3; time++) {
    const count = await transport.read(into);
    read.push([...into.subarray(0, count ?? 0)]);
  }
  assertEquals(read, [[1, 2], [3], [4, 5]]);
  transport.close();
  transport.close();
});
