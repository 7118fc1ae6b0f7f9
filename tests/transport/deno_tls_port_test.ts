/** The TLS engine `deno`: a new certificate opens the port again. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Certificate, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { authority, certificate, TestAuthority } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";
import { UNUSABLE } from "../unusable_certificate.ts";

const loopback = { hostname: "127.0.0.1", port: 0, tls: true };
const provider = providerOf(new MemoryMailbox({ a: "Subject: a\r\n\r\n" }));
const otherAuthority = await TestAuthority.create();
const renewed = await otherAuthority.issue("renewed");

/** A listener whose certificate a test changes. */
class Renewable {
  current: Certificate = certificate;
  readonly pop3 = new ObservedListener({
    provider,
    certificate: () => this.current,
    tlsEngine: "deno",
  });

  get subjects(): string[] {
    return this.pop3.all("certificate").map(({ subject }) => subject);
  }
}

/** Whose certificate a port shows. */
async function issuerAt(port: number): Promise<"old" | "new" | "nobody"> {
  for (const [name, { pem }] of [["old", authority], ["new", otherAuthority]] as const) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const tls = await Deno.startTls(connection, { hostname: "localhost", caCerts: [pem] });
    try {
      await tls.handshake();
      return name;
    } catch {
      continue;
    } finally {
      tls.close();
    }
  }
  return "nobody";
}

Deno.test("a new certificate is shown at once when it is asked for, and sessions go on", async () => {
  const renewable = new Renewable();
  await using pop3 = renewable.pop3;
  const { port } = await pop3.listenOn(loopback);
  using open = await LoopbackClient.connectTls(port);
  await open.logIn();
  for (const [next, issuer] of [[renewed, "new"], [certificate, "old"]] as const) {
    renewable.current = next;
    await pop3.renewCertificate();
    assertEquals(await issuerAt(port), issuer);
  }
  assertEquals(await open.command("STAT"), "+OK 1 14");
  assertEquals(renewable.subjects, ["CN=localhost", "CN=renewed", "CN=localhost"]);
  assertEquals(pop3.all("error").map(({ during }) => during).filter((each) => each !== "tls"), []);
});

Deno.test("without being asked for, it is shown to the connection after the next one", async () => {
  const renewable = new Renewable();
  await using pop3 = renewable.pop3;
  const { port } = await pop3.listenOn(loopback);
  renewable.current = renewed;
  using late = await LoopbackClient.connectTls(port);
  assertStringIncludes(await late.readLine() ?? "", "+OK");
  await pop3.until("certificate", 2);
  assertEquals(await issuerAt(port), "new");
});

Deno.test("a certificate that Deno does not take is told, and the old one stays", async () => {
  const renewable = new Renewable();
  await using pop3 = renewable.pop3;
  const { port } = await pop3.listenOn(loopback);
  renewable.current = UNUSABLE;
  await pop3.renewCertificate();
  assertEquals(await issuerAt(port), "old");
  assertEquals(pop3.all("error").map(({ during }) => during), ["certificate"]);
  renewable.current = renewed;
  await pop3.renewCertificate();
  assertEquals(await issuerAt(port), "new");
});

Deno.test("a port that another program has is refused", async () => {
  await using first = new ObservedListener({ provider, certificate, tlsEngine: "deno" });
  const { port } = await first.listenOn(loopback);
  await using second = new ObservedListener({ provider, certificate, tlsEngine: "deno" });
  await assertRejects(() => second.listenOn({ ...loopback, port }), Deno.errors.AddrInUse);
});

Deno.test("clients that come while a port is opened again and again find it", async () => {
  const renewable = new Renewable();
  await using pop3 = renewable.pop3;
  const { port } = await pop3.listenOn(loopback);
  const others = [certificate, await authority.issue("other")] as const;
  for (let turn = 1; turn <= 20; turn++) {
    renewable.current = others[turn % 2] ?? certificate;
    await pop3.renewCertificate();
    using client = await LoopbackClient.connectTls(port);
    assertEquals(await client.logIn(), "+OK Welcome.");
  }
  assertEquals(pop3.all("error"), []);
});
