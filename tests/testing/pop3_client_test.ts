/** The client of `@pop3svc/pop3svc/testing`, against our own listener. */
import { assertEquals, assertRejects } from "@std/assert";
import { MemoryMailbox, Pop3Listener } from "../../lib/mod.ts";
import { Pop3Client, ServerClosedError } from "../../lib/testing/mod.ts";
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
