/** With a trusted proxy, the address in its header is the client's, for every purpose. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { certificate } from "../test_authority.ts";
import { hurriedClock, providerOf } from "../transcript_peers.ts";

const port = { hostname: "127.0.0.1", port: 0, trustedProxies: ["127.0.0.0/8"] };
const provider = providerOf(new MemoryMailbox());
const header = (address: string) => `PROXY TCP4 ${address} 192.0.2.1 50000 110\r\n`;

async function connectFrom(address: string, to: number): Promise<LoopbackClient> {
  const client = await LoopbackClient.connect(to);
  await client.send(header(address));
  return client;
}

Deno.test("events, limits, bans and secure login see the client's address", async () => {
  await using pop3 = new ObservedListener(
    { provider, certificate, maxConnectionsPerIp: 2 },
    hurriedClock,
  );
  const bound = await pop3.listenOn(port);
  using first = await connectFrom("192.0.2.7", bound.port);
  assertStringIncludes(await first.readLine() ?? "", "+OK");
  assertEquals(await first.command("USER me"), "-ERR Call STLS and negotiate TLS first.");
  using second = await connectFrom("192.0.2.7", bound.port);
  await second.readLine();
  using third = await connectFrom("192.0.2.7", bound.port);
  assertEquals(await third.readLine(), "-ERR [SYS/TEMP] Too many connections. Try again later.");
  using other = await connectFrom("192.0.2.8", bound.port);
  await other.readLine();
  await other.command("STLS");
  await other.startTls();
  for (const password of ["a", "b", "c", "passw0rd"]) {
    assertEquals(
      await other.command(`XLOG me ${password}`),
      "-ERR [AUTH] Wrong username or password.",
    );
  }
  assertEquals(pop3.all("connect").map(({ connection }) => connection.clientAddress), [
    "192.0.2.7",
    "192.0.2.7",
    "192.0.2.8",
  ]);
  assertEquals(pop3.all("refuse").map(({ clientAddress }) => clientAddress), ["192.0.2.7"]);
  assertEquals(pop3.all("login-failed").map(({ reason }) => reason), [
    "needs-tls",
    "wrong",
    "wrong",
    "wrong",
    "banned",
  ]);
});

Deno.test("the header comes before TLS, in any number of packets, and the octets after it are kept", async () => {
  await using pop3 = new ObservedListener({ provider, certificate });
  const implicit = await pop3.listenOn({ ...port, tls: true });
  using client = await LoopbackClient.connect(implicit.port);
  await client.send(header("192.0.2.7"));
  await client.startTls();
  assertEquals(await client.logIn(), "+OK Welcome.");

  const plain = await pop3.listenOn(port);
  using slow = await LoopbackClient.connect(plain.port);
  for (const octet of header("127.0.0.9")) await slow.send(octet);
  await slow.readLine();
  using eager = await LoopbackClient.connect(plain.port);
  await eager.send(`${header("127.0.0.9")}XLOG me passw0rd\r\n`);
  await eager.readLine();
  assertEquals(await eager.readLine(), "+OK Welcome.");
});

Deno.test("a client that speaks TLS with the proxy may log in", async () => {
  await using pop3 = new ObservedListener({ provider, certificate });
  const { port: to } = await pop3.listenOn(port);
  using client = await LoopbackClient.connect(to);
  const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  const address = [192, 0, 2, 7, 192, 0, 2, 1, 0xc3, 0x50, 0, 110];
  await client.send(
    new Uint8Array([...SIGNATURE, 0x21, 0x11, 0, 20, ...address, 0x20, 0, 5, 1, 0, 0, 0, 0]),
  );
  assertEquals(await client.logIn(), "+OK Welcome.");
});

Deno.test("a trusted proxy without a header, or with a wrong one, is closed; others need none", async () => {
  await using pop3 = new ObservedListener({ provider });
  const trusting = await pop3.listenOn(port);
  for (const said of ["USER me\r\n", "PROXY TCP4 1.2.3.4\r\n"]) {
    using client = await LoopbackClient.connect(trusting.port);
    await client.send(said);
    assertEquals(await client.readLine(), null);
  }
  assertEquals(pop3.all("refuse").map(({ reason }) => reason), ["proxy-header", "proxy-header"]);
  const { port: to } = await pop3.listenOn({ ...port, trustedProxies: ["192.0.2.0/24"] });
  using direct = await LoopbackClient.connect(to);
  assertEquals(await direct.logIn(), "+OK Welcome.");
  await direct.command("QUIT");
  using forger = await connectFrom("192.0.2.7", to);
  await forger.readLine();
  assertEquals(await forger.readLine(), "-ERR Unknown command: PROXY");
  assertEquals(pop3.all("connect").map(({ connection }) => connection.clientAddress), [
    "127.0.0.1",
    "127.0.0.1",
  ]);
});

/** A listener whose clock stands still, and a connection that it has accepted. */
async function waiting(loginTimeout: number, said: string) {
  const clock = new ManualClock();
  const pop3 = new ObservedListener({ provider, certificate, loginTimeout }, clock);
  const { port: to } = await pop3.listenOn(port);
  const client = await LoopbackClient.connect(to);
  await client.send(said);
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  return { clock, pop3, client, to };
}

Deno.test("a header that never ends is cut off within the login timeout, and after 15 s at most", async () => {
  for (const [loginTimeout, seconds] of [[5, 5], [60, 15]] as const) {
    for (const said of ["", "PROXY TCP4 192.0.2.7"]) {
      const { clock, pop3, client } = await waiting(loginTimeout, said);
      await using _pop3 = pop3;
      using _client = client;
      clock.advance(seconds * 1_000 - 500);
      assertEquals(pop3.all("refuse"), []);
      clock.advance(1_000);
      assertEquals(await client.readLine(), null);
      const { reason, error } = await pop3.until("refuse");
      assertEquals([reason, String(error)], ["proxy-header", "Error: no PROXY header in time"]);
    }
  }
});

Deno.test("stop does not wait for a silent proxy", async () => {
  const { pop3, client } = await waiting(60, "");
  using _client = client;
  await pop3.stop();
  assertEquals(await client.readLine(), null);
  assertEquals(pop3.all("warning"), []);
});

Deno.test("the login timeout counts from accept and includes header and handshake", async () => {
  const { clock, pop3, client, to } = await waiting(20, header("127.0.0.9").slice(0, 20));
  await using _pop3 = pop3;
  using _client = client;
  clock.advance(10_000);
  await client.send(header("127.0.0.9").slice(20));
  await client.readLine();
  await client.command("STLS");
  clock.advance(6_000);
  await client.startTls();
  await pop3.until("secure");
  clock.advance(3_500);
  assertStringIncludes(await client.command("NOOP") ?? "", "+OK");
  clock.advance(1_000);
  assertEquals((await pop3.until("close")).reason, "login-timeout");
  // Another connection is in its handshake when the time is over.
  using slow = await LoopbackClient.connect(to);
  await slow.send(header("127.0.0.9"));
  await slow.readLine();
  clock.advance(18_000);
  await slow.send("STLS\r\n");
  await slow.readLine();
  clock.advance(2_500);
  assertEquals((await pop3.until("close", 2)).reason, "login-timeout");
});

Deno.test("a silent health check makes one log line, at debug", async () => {
  await using pop3 = new ObservedListener({ provider });
  const { port: to } = await pop3.listenOn(port);
  (await LoopbackClient.connect(to)).close();
  const { reason, clientAddress } = await pop3.until("refuse");
  assertEquals([reason, clientAddress], ["gone", "127.0.0.1"]);
  assertEquals(
    pop3.seen.map((event) => logLine({ ...event, time: new Date(0) }, "text", "debug")),
    [
      "1970-01-01T00:00:00.000Z debug refuse address=127.0.0.1 reason=gone",
    ],
  );
  assertEquals(pop3.seen.map((event) => logLine(event, "text", "info")), [null]);
  // A proxy that leaves in the middle of its header is at fault.
  using broken = await LoopbackClient.connect(to);
  await broken.send("PROXY TCP4 192.0.2.7");
  broken.close();
  assertEquals((await pop3.until("refuse", 2)).reason, "proxy-header");
});

Deno.test("a silent health check without a proxy, and on a port with implicit TLS", async () => {
  for (const tls of [false, true]) {
    for (const trustedProxies of [[], ["127.0.0.1"]]) {
      await using pop3 = new ObservedListener({ provider, certificate });
      const { port: to } = await pop3.listenOn({ ...port, tls, trustedProxies });
      const visitor = await LoopbackClient.connect(to);
      if (trustedProxies.length > 0) await visitor.send(header("127.0.0.9"));
      if (!tls) await visitor.readLine();
      else await pop3.until("connect");
      visitor.close();
      assertEquals((await pop3.until("close")).reason, "gone");
      const told = pop3.seen.filter(({ type }) => !type.startsWith("certificate"));
      assertEquals(told.map(({ type }) => type), ["connect", "close"]);
      assertEquals(told.map((event) => logLine(event, "text", "info")), [null, null]);
    }
  }
});
