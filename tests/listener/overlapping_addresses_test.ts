/** `::` takes IPv4 connections, too: an IPv4 address beside it is covered, and no client sees how that is found out. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { OwnArrivals } from "../../lib/transport/own_arrivals.ts";
import { arrivals } from "../../lib/transport/open_port.ts";
import { tryHosts } from "../../lib/transport/try_hosts.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const provider = providerOf(new MemoryMailbox());

for (
  const [name, tls, tlsEngine, trustedProxies] of [
    ["a plain port", false, "node", []],
    ["TLS by node", true, "node", []],
    ["TLS by Deno", true, "deno", []],
    ["proxies", false, "node", ["192.0.2.0/24", "127.0.0.0/8"]],
    ["TLS and proxies", true, "node", ["127.0.0.1"]],
  ] as const
) {
  Deno.test(`an IPv4 address beside :: is covered: ${name}`, async () => {
    await using pop3 = new ObservedListener({ provider, certificate, tlsEngine });
    const manner = { tls, trustedProxies };
    const { port } = await pop3.listenOn({ hostname: "::", port: 0, ...manner });
    for (const hostname of ["0.0.0.0", "127.0.0.1"]) {
      const addr = await pop3.listenOn({ hostname, port, ...manner });
      assertEquals([addr.hostname, addr.port], [hostname, port]);
    }
    assertEquals(pop3.status().ports, [{ hostname: "::", port, tls }]);
    const ofPeers = () => pop3.seen.filter(({ type }) => !type.startsWith("certificate"));
    assertEquals(ofPeers(), []);
    if (trustedProxies.length > 0) return;
    using client = await (tls ? LoopbackClient.connectTls(port) : LoopbackClient.connect(port));
    assertStringIncludes(await client.readLine() ?? "", "+OK pop3svc ready.");
    assertEquals((await pop3.until("connect")).connection.clientAddress, "127.0.0.1");
    assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
  });
}

Deno.test("what another listener has is not covered, nor is a port whose connections begin otherwise", async () => {
  await using first = new ObservedListener({ provider, certificate });
  await using second = new ObservedListener({ provider });
  const { port } = await first.listenOn({ hostname: "::", port: 0 });
  for (const listener of [second, first]) {
    await assertRejects(
      () => listener.listenOn({ hostname: "0.0.0.0", port, tls: listener === first }),
      Deno.errors.AddrInUse,
    );
  }
  assertEquals(second.status().ports, []);
});

Deno.test("a connection that another program takes has not arrived; clients meanwhile are served after it", async () => {
  using foreign = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using port = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new ManualClock();
  const own = new OwnArrivals(clock);
  const hasArrived = own.hasArrived("127.0.0.1", foreign.addr.port);
  using _taken = await foreign.accept();
  using _client = await Deno.connect({ hostname: "127.0.0.1", port: port.addr.port });
  const arrival = await arrivals(port).accept();
  let isServed = false;
  own.receive(arrival, () => isServed = true);
  assertEquals(isServed, false);
  clock.advance(1_000);
  assertEquals([await hasArrived, isServed, clock.pending], [false, true, 0]);
  own.receive(arrival, () => isServed = false);
  assertEquals(isServed, false);
  arrival.transport.close();
});

Deno.test("check opens the same addresses: only what another program has is closed", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const found = await tryHosts(["0.0.0.0", "::"], port, systemClock);
  assertEquals(found.map(({ hostname, isSkipped }) => [hostname, isSkipped]), [
    ["::", false],
    ["0.0.0.0", false],
  ]);
  taken.close();
  assertEquals(await tryHosts(["0.0.0.0", "127.0.0.1", "::"], port, systemClock), []);
});
