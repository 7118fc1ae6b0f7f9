/** TLS on real sockets, with certificates of the tests' authority. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Certificate, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const provider = providerOf(new MemoryMailbox({ a: "Subject: a\r\n\r\n" }));

Deno.test("implicit TLS: a session, its facts, and a clean end", async () => {
  await using pop3 = new ObservedListener({ provider, certificate });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using client = await LoopbackClient.connectTls(port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  assertEquals(await client.command("STAT"), "+OK 1 14");
  assertEquals(await client.command("QUIT"), "+OK 0 messages deleted. Closing connection.");
  assertEquals(await client.readLine(), null);
  const { connection } = await pop3.until("login");
  assertEquals([connection.isSecure, connection.tls?.version], [true, "TLSv1.3"]);
});

Deno.test("two listeners may share ports, for a restart that loses no connection", async () => {
  const ignored = Deno.build.os !== "linux";
  if (ignored) return console.warn("SKIPPED: only Linux deals connections out");
  for (const tls of [false, true]) {
    await using first = new ObservedListener({ provider, certificate });
    await using second = new ObservedListener({ provider, certificate });
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

Deno.test("megabytes pass both kinds of TLS unchanged", async () => {
  const text = `Subject: large\r\n\r\n${"0123456789abcdef.\r\n".repeat(150_000)}`;
  await using pop3 = new ObservedListener({
    provider: providerOf(new MemoryMailbox({ large: text })),
    certificate,
  });
  const implicit = await pop3.listenOn({ ...loopback, tls: true });
  const plain = await pop3.listenOn(loopback);
  for (const isImplicit of [true, false]) {
    using client = isImplicit
      ? await LoopbackClient.connectTls(implicit.port)
      : await LoopbackClient.connect(plain.port);
    await client.readLine();
    if (!isImplicit) {
      assertEquals(await client.command("STLS"), "+OK Begin TLS negotiation.");
      await client.startTls();
    }
    assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
    await client.send("RETR 1\r\n");
    assertEquals(await client.readLine(), "+OK Message text follows...");
    assertEquals((await client.readLines()).join("\r\n") + "\r\n", text);
  }
});

Deno.test("rubbish in place of a handshake, and leaving in it, end that connection only", async () => {
  await using pop3 = new ObservedListener({ provider, certificate });
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
  assertEquals(await afterStls.readLine(), null);

  await pop3.until("close", 4);
  // A client that leaves without sending anything causes no error.
  assertEquals(pop3.all("close").map(({ reason }) => reason).sort(), [
    "gone",
    ...new Array(3).fill("tls-failed"),
  ]);
  assertEquals(pop3.all("error").map(({ during }) => during), new Array(3).fill("tls"));
  assertEquals(await other.command("STAT"), "+OK 1 14");
});

Deno.test("a handshake that never ends is cut off long before the login limit", async () => {
  const clock = new ManualClock();
  await using pop3 = new ObservedListener({ provider, certificate, loginTimeout: 60 }, clock);
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  const plain = await pop3.listenOn(loopback);
  using silent = await LoopbackClient.connect(port);
  using stls = await LoopbackClient.connect(plain.port);
  await stls.readLine();
  assertEquals(await stls.command("STLS"), "+OK Begin TLS negotiation.");
  await pop3.until("connect", 2);
  clock.advance(14_000);
  assertEquals(pop3.all("close"), []);
  clock.advance(2_000);
  assertEquals([await silent.readLine(), await stls.readLine()], [null, null]);
  await pop3.until("close", 2);
  assertEquals(pop3.all("close").map(({ reason }) => reason), ["login-timeout", "login-timeout"]);
});

Deno.test("stop does not wait for a handshake", async () => {
  const pop3 = new ObservedListener({ provider, certificate });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using silent = await LoopbackClient.connect(port);
  await pop3.until("connect");
  await pop3.stop();
  assertEquals(await silent.readLine(), null);
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

Deno.test("connections of Deno.listenTls are secure from the start", async () => {
  await using pop3 = new ObservedListener({ provider });
  const socket = Deno.listenTls({ ...loopback, ...certificate });
  pop3.serve(socket);
  using client = await LoopbackClient.connectTls(socket.addr.port);
  assertEquals(await client.logIn(), "+OK Welcome.");
  assert((await pop3.until("login")).connection.isSecure);
});

// openssl knows this curve and Deno's TLS does not, so TLS does not work with this key.
const UNUSABLE: Certificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBbjCCARSgAwIBAgIUMtj9epAYdrtfXRKAlU+Iv5rtdcUwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCazEwIBcNMjYxMTI1MDI1NjU5WhgPMjEyNjExMDEwMjU2NTla
MA0xCzAJBgNVBAMMAmsxMFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAE/Hjo6tBJANSc
BECEs6CIw77902ddS5g8PgVLGwJ9k3HnvnvbU/aSz64ttfcGyIZuF+FGhUmxy9eu
vTSKYEqrkqNTMFEwHQYDVR0OBBYEFINPKjgVImgRre5YGdkJviaMsjQmMB8GA1Ud
IwQYMBaAFINPKjgVImgRre5YGdkJviaMsjQmMA8GA1UdEwEB/wQFMAMBAf8wCgYI
KoZIzj0EAwIDSAAwRQIhAKF/t+23XEGsmWEUBAwWGz62rI0HAbuODj7HNobfdh/H
AiAWHJJOXgZIkBWhJp+GKj1R41LAyUOqFJhauXIF+34qTg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIFsnFswBH6L2Pc43zZTP0Uc2AODMh2zSiHKlQBIgVRLXoAcGBSuBBAAK
oUQDQgAE/Hjo6tBJANScBECEs6CIw77902ddS5g8PgVLGwJ9k3HnvnvbU/aSz64t
tfcGyIZuF+FGhUmxy9euvTSKYEqrkg==
-----END EC PRIVATE KEY-----
`,
};

Deno.test("when TLS does not work, STLS is not offered, and a port with implicit TLS is refused", async () => {
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
