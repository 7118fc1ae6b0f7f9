/** Clients that speak another protocol than POP3 to a real port: none of their commands is carried out. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const refusal = "-ERR This server speaks POP3.";
/** The body that an attacker's web page would make a browser send. */
const attack = "USER me\r\nPASS passw0rd\r\nDELE 1\r\nQUIT\r\n";

function withMail(): [MemoryMailbox, ObservedListener] {
  const mailbox = new MemoryMailbox({ a: "Subject: kept" });
  return [mailbox, new ObservedListener({ provider: providerOf(mailbox), certificate })];
}

/** Waits until so many connections have ended; checks that each was logged once, none logged in, and the mail is there. */
async function nothingHappened(pop3: ObservedListener, mailbox: MemoryMailbox, count = 1) {
  await pop3.until("close", count);
  assertEquals(mailbox.messages.size, 1);
  assertEquals(pop3.all("login").length, 0);
  assertEquals(pop3.all("close").map(({ reason }) => reason), Array(count).fill("spoke-http"));
  assertEquals(pop3.all("error").length, 0);
}

Deno.test("fetch() with commands in its body deletes nothing", async () => {
  const [mailbox, pop3] = withMail();
  await using _pop3 = pop3;
  const { port } = await pop3.listenOn(loopback);
  for (const method of ["POST", "PUT", "RETR"]) {
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/`, { method, body: attack }));
  }
  await nothingHappened(pop3, mailbox, 3);
});

Deno.test("fetch() over TLS deletes nothing", async () => {
  const [mailbox, pop3] = withMail();
  await using _pop3 = pop3;
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using client = Deno.createHttpClient({ caCerts: [authority.pem] });
  await assertRejects(() =>
    fetch(`https://localhost:${port}/`, { method: "POST", body: attack, client })
  );
  await nothingHappened(pop3, mailbox);
});

const request = [
  "POST / HTTP/1.1",
  "Host: 127.0.0.1:1100",
  "Connection: keep-alive",
  `Content-Length: ${attack.length}`,
  "Content-Type: text/plain;charset=UTF-8",
  "",
  attack,
].join("\r\n");

/** The request in packets of so many octets. */
function pieces(text: string, octets: number): string[] {
  return text.match(new RegExp(`[\\s\\S]{1,${octets}}`, "g")) ?? [];
}

for (
  const [name, said] of [
    ["in one packet", [request]],
    ["in packets of seven octets", pieces(request, 7)],
    ["octet by octet", pieces(request, 1)],
    ["with a first line longer than any POP3 command", [
      request.replace("/", `/${"x".repeat(30_000)}`),
    ]],
    ["with an empty line before it", [`\r\n${request}`]],
    ["of another version", [request.replace("HTTP/1.1", "HTTP/1.0")]],
    ["without a version, but with headers", [request.replace(" HTTP/1.1", "")]],
    ["HTTP/2", ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", attack]],
  ] as const
) {
  Deno.test(`a request ${name} deletes nothing, and gets a reply that says why`, async () => {
    const [mailbox, pop3] = withMail();
    await using _pop3 = pop3;
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    const sent = (async () => {
      for (const piece of said) await client.send(piece);
      await client.endSending();
    })().catch(() => {});
    const heard: string[] = [];
    for (;;) {
      const line = await client.readLine();
      if (line === null) break;
      heard.push(line);
    }
    await sent;
    assertEquals(heard.at(-1), refusal);
    await nothingHappened(pop3, mailbox);
  });
}

Deno.test("a TLS handshake on a plain port gets a reply at once, although it has no line end", async () => {
  const [, pop3] = withMail();
  await using _pop3 = pop3;
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  assert((await client.readLine())?.startsWith("+OK"));
  await client.send(new Uint8Array([0x16]));
  assertEquals(await client.readLine(), refusal);
  assertEquals(await client.readLine(), null);
  client.close();
  assertEquals((await pop3.until("close")).reason, "spoke-tls");
  // A real TLS client.
  await assertRejects(() => LoopbackClient.connectTls(port));
  assertEquals((await pop3.until("close", 2)).reason, "spoke-tls");
});

Deno.test("an SSH client gets the reply, too", async () => {
  const [, pop3] = withMail();
  await using _pop3 = pop3;
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  assertEquals(await client.command("SSH-2.0-Go"), refusal);
  client.close();
  assertEquals((await pop3.until("close")).reason, "spoke-ssh");
});

Deno.test("a client may make nineteen typing errors in a row", async () => {
  const [, pop3] = withMail();
  await using _pop3 = pop3;
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  const typed = ["uesr me", "user: me", "USER:me", "help", "Hello: is anybody there?", "HTTP/1.1"];
  for (let n = 0; n < 19; n++) {
    const reply = await client.command(typed[n % typed.length] ?? "");
    assert(reply?.startsWith("-ERR Unknown command"), reply ?? "");
  }
  assertEquals(await client.command("XLOG me passw0rd"), "+OK Welcome.");
});
