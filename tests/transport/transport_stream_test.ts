/** TLS over any transport: what a client hears whose first words are refused. */
import { assertEquals, assertRejects } from "@std/assert";
import { HandshakeError } from "../../lib/transport/tls/handshake_error.ts";
import { acceptTls } from "../../lib/transport/tls/node_tls.ts";
import { ServedCertificate } from "../../lib/transport/tls/served_certificate.ts";
import { MemoryTransport } from "../memory_transport.ts";
import { certificate } from "../test_authority.ts";

const served = new ServedCertificate(() => certificate, () => {});

Deno.test("rubbish is answered by a fatal alert of TLS, and the transport is closed", async () => {
  const transport = new MemoryTransport();
  transport.send(new TextEncoder().encode("USER me\r\n"));
  const { isSilent } = await assertRejects(() => acceptTls(transport, served), HandshakeError);
  assertEquals(isSilent, false);
  assertEquals([transport.isClosed, ...transport.writes.map((octets) => [...octets])], [
    true,
    [21, 3, 3, 0, 2, 2, 40],
  ]);
});

Deno.test("who leaves without a word gets none, and is known to have said nothing", async () => {
  const transport = new MemoryTransport();
  transport.endSending();
  const { isSilent } = await assertRejects(() => acceptTls(transport, served), HandshakeError);
  assertEquals([isSilent, transport.isClosed, transport.writes], [true, true, []]);
});
