/** The client of `@pop3svc/pop3svc/testing`, against our own listener. */
import { assertEquals, assertRejects } from "@std/assert";
import { MemoryMailbox, Pop3Listener } from "../../lib/mod.ts";
import {
  Pop3Client,
  ReplyError,
  ServerClosedError,
  startTestServer,
} from "../../lib/testing/mod.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

Deno.test("STLS, AUTH, pipelining, SLEE and WAKE, UID-PARAM", async () => {
  const mailbox = new MemoryMailbox({ a: "Subject: a\r\n\r\n.dot\r\n", b: "x\r\n" });
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox), certificate });
  const { port } = await pop3.listenOn(loopback);
  using client = await Pop3Client.connect({ port, caCerts: [authority.pem] });
  assertEquals(client.greeting?.isOk, true);
  await client.stls();
  assertEquals((await client.authenticate("PLAIN", "\0me\0wrong")).code, "AUTH");
  assertEquals((await client.authenticate("LOGIN", "me", "passw0rd")).line, "+OK Welcome.");
  assertEquals((await client.pipeline("STAT", "LIST 2", "RETR 9")).map(({ text }) => text), [
    "2 23",
    "2 3",
    "No such message.",
  ]);
  assertEquals(await client.listing("RETR UID:a"), ["Subject: a", "", ".dot"]);
  assertEquals((await client.say("DELE UID:b")).isOk, true);
  assertEquals((await client.say("SLEE")).text, "Zzzzz. Deleted 1 message.");
  mailbox.messages.set("c", new Uint8Array());
  assertEquals((await client.say("WAKE")).code, "ACTIVITY/NEW");
  assertEquals(await client.listing("UIDL"), ["1 a", "2 c"]);
  await assertRejects(() => client.listing("RETR 9"), Error, "RETR: -ERR No such message.");
});

Deno.test("implicit TLS, a login, and a server that closes the connection", async () => {
  await using pop3 = new Pop3Listener({ provider: providerOf(new MemoryMailbox()), certificate });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using client = await Pop3Client.connect({ port, tls: true, caCerts: [authority.pem] });
  await assertRejects(() => client.logIn("me", "wrong"), Error, "PASS: -ERR [AUTH]");
  await client.logIn("me", "passw0rd");
  await client.say("QUIT");
  await assertRejects(() => client.reply(), ServerClosedError);
});

Deno.test("a refusal is an error with the reply, and a message comes as octets", async () => {
  const octets = new TextEncoder().encode("Subject: Grüße\r\n\r\n.dot\r\n..\r\n");
  await using server = await startTestServer({ mailboxes: { ann: [octets] } });
  using client = await Pop3Client.connect(server);
  const { reply } = await assertRejects(() => client.logIn("eve", "x"), ReplyError);
  assertEquals([reply.isOk, reply.code], [false, "AUTH"]);
  await client.logIn("ann", "x");
  assertEquals(await client.octets("RETR 1"), octets);
  await assertRejects(() => client.octets("RETR 2"), ReplyError, "RETR: -ERR No such message.");
});

/** A server that says this to everybody, and closes the connection where it is told to. */
async function withServerThatSays(
  text: string,
  closes: boolean,
  use: (port: number) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(text));
    if (!closes) await connection.read(new Uint8Array(4_096));
    while (!closes && await connection.read(new Uint8Array(4_096)) !== null);
  })();
  await use(listener.addr.port);
  await served;
}

Deno.test("a client that cannot begin closes its connection", async () => {
  await withServerThatSays("", true, async (port) => {
    await assertRejects(() => Pop3Client.connect({ port }), ServerClosedError);
  });
  // The server reads to the end: these tests end when the client has closed.
  await withServerThatSays("+OK this is no handshake\r\n", false, async (port) => {
    await assertRejects(() => Pop3Client.connect({ port, tls: true }));
  });
  await withServerThatSays("", false, async (port) => {
    const caCerts = ["-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"];
    await assertRejects(() => Pop3Client.connect({ port, tls: true, caCerts }));
  });
});

Deno.test("what a server sends before TLS does not pass for a reply under it", async () => {
  await withServerThatSays("+OK hi\r\n+OK Begin TLS\r\n+OK injected\r\n", false, async (port) => {
    using client = await Pop3Client.connect({ port });
    await assertRejects(() => client.stls(), Error, "before TLS: +OK injected");
  });
});
