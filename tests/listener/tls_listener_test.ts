/** TLS on real sockets, with certificates of the tests' authority. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Certificate, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";
import { UNUSABLE } from "../unusable_certificate.ts";

const engines = ["node", "deno"] as const;
const loopback = { hostname: "127.0.0.1", port: 0 };
const provider = providerOf(new MemoryMailbox({ a: "Subject: a\r\n\r\n" }));

for (const tlsEngine of engines) {
  Deno.test(`implicit TLS by ${tlsEngine}: a session, its facts, and a clean end`, async () => {
    await using pop3 = new ObservedListener({ provider, certificate, tlsEngine });
    const { port } = await pop3.listenOn({ ...loopback, tls: true });
    using client = await LoopbackClient.connectTls(port);
    assertEquals(await client.logIn(), "+OK Welcome.");
    assertEquals(await client.command("STAT"), "+OK 1 14");
    assertEquals(await client.command("QUIT"), "+OK 0 messages deleted. Closing connection.");
    assertEquals(await client.readLine(), null);
    const { connection } = await pop3.until("login");
    assertEquals(connection.isSecure, true);
    assertEquals(
      connection.tls,
      tlsEngine === "deno" ? null : { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384" },
    );
    await pop3.until("close");
    assertEquals(pop3.all("secure").length, 1);
  });
}

Deno.test("two listeners may share ports, for a restart that loses no connection", async () => {
  const ignored = Deno.build.os !== "linux";
  if (ignored) return console.warn("SKIPPED: only Linux deals connections out");
  for (const engine of [null, ...engines]) {
    const tls = engine !== null;
    const tlsEngine = engine ?? "node";
    await using first = new ObservedListener({ provider, certificate, tlsEngine });
    await using second = new ObservedListener({ provider, certificate, tlsEngine });
    const { port } = await first.listenOn({ ...loopback, tls, reusePort: true });
    await second.listenOn({ ...loopback, port, tls, reusePort: true });
    await assertRejects(() => first.listenOn({ ...loopback, port, tls }), Deno.errors.AddrInUse);
    await first.stop();
    using client = tls ? await LoopbackClient.connectTls(port) : await LoopbackClient.connect(port);
    assertEquals(await client.logIn(), "+OK Welcome.");
  }
});

Deno.test("tls without a certificate, and a key of another certificate, are refused at once", async () => {
  await using bare = new ObservedListener({});
  await assertRejects(() => bare.listenOn({ ...loopback, tls: true }), TypeError, "certificate");
  const { key } = await authority.issue();
  await using mixed = new ObservedListener({ certificate: { cert: certificate.cert, key } });
  await assertRejects(() => mixed.listenOn(loopback), TypeError, "does not belong");
});

Deno.test("megabytes pass every kind of TLS unchanged", async () => {
  const text = `Subject: large\r\n\r\n${"0123456789abcdef.\r\n".repeat(150_000)}`;
  for (const kind of [...engines, "STLS"] as const) {
    const isStls = kind === "STLS";
    await using pop3 = new ObservedListener({
      provider: providerOf(new MemoryMailbox({ large: text })),
      certificate,
      tlsEngine: isStls ? "node" : kind,
    });
    const { port } = await pop3.listenOn({ ...loopback, tls: !isStls });
    using client = isStls
      ? await LoopbackClient.connect(port)
      : await LoopbackClient.connectTls(port);
    await client.readLine();
    if (isStls) {
      assertEquals(await client.command("STLS"), "+OK Begin TLS negotiation.");
      await client.startTls();
    }
    assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
    await client.send("RETR 1\r\n");
    assertEquals(await client.readLine(), "+OK Message text follows...");
    assertEquals((await client.readLines()).join("\r\n") + "\r\n", text);
  }
});

for (const tlsEngine of engines) {
  Deno.test(`rubbish in place of a handshake, and leaving in it, end that connection only: ${tlsEngine}`, async () => {
    await using pop3 = new ObservedListener({ provider, certificate, tlsEngine });
    const { port } = await pop3.listenOn({ ...loopback, tls: true });
    const plain = await pop3.listenOn(loopback);
    using other = await LoopbackClient.connectTls(port);
    await other.logIn();

    using rubbish = await LoopbackClient.connect(port);
    await rubbish.send("GET / HTTP/1.0\r\n\r\n");
    // The server sends a fatal TLS alert, and nothing of POP3.
    assertStringIncludes(await rubbish.readLine() ?? "", "\x15\x03");
    assertEquals(await rubbish.readLine(), null);

    const CLIENT_HELLO_BEGINS = new Uint8Array([0x16, 3, 1, 2, 0, 1]);
    for (const octets of [new Uint8Array(0), CLIENT_HELLO_BEGINS]) {
      const leaver = await LoopbackClient.connect(port);
      await leaver.send(octets);
      leaver.close();
    }
    using afterStls = await LoopbackClient.connect(plain.port);
    await afterStls.readLine();
    await afterStls.command("STLS");
    await afterStls.send("NOOP\r\nNOOP\r\nNOOP\r\n");
    assertStringIncludes(await afterStls.readLine() ?? "", "\x15\x03");
    assertEquals(await afterStls.readLine(), null);

    await pop3.until("close", 4);
    // A client that leaves without sending anything causes no error. Deno does not say which one left in the middle.
    const gone = tlsEngine === "deno" ? 2 : 1;
    assertEquals(pop3.all("close").map(({ reason }) => reason).sort(), [
      ...new Array(gone).fill("gone"),
      ...new Array(4 - gone).fill("tls-failed"),
    ]);
    assertEquals(pop3.all("error").map(({ during }) => during), new Array(4 - gone).fill("tls"));
    assertEquals(await other.command("STAT"), "+OK 1 14");
  });

  Deno.test(`a handshake that never ends is cut off long before the login limit: ${tlsEngine}`, async () => {
    const clock = new ManualClock();
    const options = { provider, certificate, tlsEngine, loginTimeout: 60, maxConnections: 1 };
    await using pop3 = new ObservedListener(options, clock);
    const { port } = await pop3.listenOn({ ...loopback, tls: true });
    using _silent = await LoopbackClient.connect(port);
    await pop3.until("connect");
    clock.advance(14_000);
    assertEquals(pop3.all("close"), []);
    clock.advance(2_000);
    assertEquals((await pop3.until("close")).reason, "login-timeout");
    // Its place is free.
    assertEquals(pop3.status().connections.authorization, 0);
    using next = await LoopbackClient.connectTls(port);
    assertEquals(await next.logIn(), "+OK Welcome.");
  });

  Deno.test(`stop does not wait for a handshake: ${tlsEngine}`, async () => {
    const pop3 = new ObservedListener({ provider, certificate, tlsEngine });
    const { port } = await pop3.listenOn({ ...loopback, tls: true });
    using _silent = await LoopbackClient.connect(port);
    await pop3.until("connect");
    await pop3.stop();
    assertEquals((await pop3.until("close")).reason, "stop");
  });
}

Deno.test("a handshake after STLS that never ends is cut off, too; the peers hear it", async () => {
  const clock = new ManualClock();
  await using pop3 = new ObservedListener({ provider, certificate, loginTimeout: 60 }, clock);
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  const plain = await pop3.listenOn(loopback);
  using silent = await LoopbackClient.connect(port);
  using stls = await LoopbackClient.connect(plain.port);
  await stls.readLine();
  assertEquals(await stls.command("STLS"), "+OK Begin TLS negotiation.");
  await pop3.until("connect", 2);
  clock.advance(16_000);
  assertEquals([await silent.readLine(), await stls.readLine()], [null, null]);
  await pop3.until("close", 2);
  assertEquals(pop3.all("close").map(({ reason }) => reason), ["login-timeout", "login-timeout"]);
});

Deno.test("a certificate is renewed without dropping a session; a broken one keeps the old one", async () => {
  const renewed = await authority.issue("renewed");
  let current: Certificate = certificate;
  await using pop3 = new ObservedListener({ provider, certificate: () => current });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using open = await LoopbackClient.connectTls(port);
  await open.logIn();
  const subjects = () => pop3.all("certificate").map(({ subject }) => subject);
  assertEquals(subjects(), ["CN=localhost"]);

  current = renewed;
  using next = await LoopbackClient.connectTls(port);
  assertStringIncludes(await next.readLine() ?? "", "+OK");
  assertEquals(subjects(), ["CN=localhost", "CN=renewed"]);
  assertEquals(await open.command("STAT"), "+OK 1 14");

  current = { cert: certificate.cert, key: renewed.key };
  for (let n = 0; n < 2; n++) {
    using client = await LoopbackClient.connectTls(port);
    assertStringIncludes(await client.readLine() ?? "", "+OK");
  }
  assertEquals(pop3.all("error").map(({ during, error }) => `${during}: ${error}`), [
    "certificate: TypeError: the key does not belong to the certificate",
  ]);
  current = certificate;
  await pop3.renewCertificate();
  assertEquals(subjects(), ["CN=localhost", "CN=renewed", "CN=localhost"]);
});

Deno.test("connections of a Deno.listenTls of your own are served with its TLS", async () => {
  await using pop3 = new ObservedListener({ provider });
  const socket = Deno.listenTls({ ...loopback, ...certificate });
  pop3.serve(socket);
  using client = await LoopbackClient.connectTls(socket.addr.port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  assert((await pop3.until("login")).connection.isSecure);
  assertEquals(pop3.all("secure").length, 1);
});

Deno.test("what the engine deno cannot do is refused at the start", async () => {
  const rule = { fault: "half-handshake" } as const;
  await using pop3 = new ObservedListener({ provider, certificate, tlsEngine: "deno" });
  const port = { ...loopback, tls: true };
  await assertRejects(
    () => pop3.listenOn({ ...port, trustedProxies: ["127.0.0.1"] }),
    TypeError,
    "PROXY",
  );
  // A plain port may have it.
  await pop3.listenOn({ ...loopback, trustedProxies: ["127.0.0.1"] });
  const faults = { seed: 1, rules: [rule] };
  await using faulty = new ObservedListener({ provider, certificate, tlsEngine: "deno", faults });
  await assertRejects(() => faulty.listenOn(port), TypeError, "handshake");
});

Deno.test("when node:tls does not work, STLS is not offered, and a port with implicit TLS is refused", async () => {
  await using pop3 = new ObservedListener({ provider, certificate: UNUSABLE });
  const { port } = await pop3.listenOn(loopback);
  assertEquals(pop3.all("error").map(({ during }) => during), ["TLS self-test"]);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send("CAPA\r\n");
  assertEquals((await client.readLines()).includes("STLS"), false);
  assertEquals(await client.command("STLS"), "-ERR Command not available.");
  await assertRejects(() => pop3.listenOn({ ...loopback, tls: true }));
});
