/** Tests of a program that polls POP3: `deno test -A examples/testing/client_test.ts`. */
import { StrikeBanEngine } from "@pop3svc/pop3svc";
import {
  parseFaultPlan,
  Pop3Client,
  ServerClosedError,
  startTestServer,
  testCertificate,
} from "@pop3svc/pop3svc/testing";
import { assertEquals, assertRejects } from "@std/assert";

/** What is tested: it takes all mail of a user, and leaves none. */
async function takeMail(port: number, username: string): Promise<string[]> {
  using client = await Pop3Client.connect({ port });
  await client.logIn(username, "secret");
  const taken: string[] = [];
  for (const line of await client.listing("LIST")) {
    const [number = ""] = line.split(" ");
    taken.push(new TextDecoder().decode(await client.octets(`RETR ${number}`)));
    await client.say(`DELE ${number}`);
  }
  await client.say("QUIT");
  return taken;
}

Deno.test("takes all mail, and leaves none", async () => {
  await using server = await startTestServer({
    mailboxes: { ann: ["Subject: one\n\nHello", "Subject: two\n\nWorld"], bob: [] },
  });
  assertEquals((await takeMail(server.port, "ann")).length, 2);
  assertEquals(server.mailboxes.ann.messages.size, 0);
  assertEquals(await takeMail(server.port, "bob"), []);
});

Deno.test("takes what has come since", async () => {
  await using server = await startTestServer({ mailboxes: { ann: { "id-1": "Subject: one\n" } } });
  await takeMail(server.port, "ann");
  server.mailboxes.ann.add("id-2", "Subject: two\n");
  assertEquals(await takeMail(server.port, "ann"), ["Subject: two\r\n"]);
});

Deno.test("over TLS", async () => {
  await using server = await startTestServer({ mailboxes: { ann: ["Subject: one\n"] }, tls: true });
  const caCerts = [server.ca];
  using implicit = await Pop3Client.connect({ port: server.tlsPort, tls: true, caCerts });
  await implicit.logIn("ann", "secret");
  using upgraded = await Pop3Client.connect({ port: server.port, caCerts });
  await upgraded.stls();
});

Deno.test("refuses a certificate that has expired", async () => {
  const certificate = await testCertificate({ notAfter: new Date(Date.now() - 1_000) });
  await using server = await startTestServer({ certificate });
  using client = await Pop3Client.connect({ port: server.port, caCerts: [certificate.ca] });
  await assertRejects(() => client.stls(), Error, "expired");
});

Deno.test("a wrong password three times: banned", async () => {
  await using server = await startTestServer({
    mailboxes: { ann: [] },
    passwords: { ann: "secret" },
    banEngine: new StrikeBanEngine({ exempt: [] }), // this machine is exempt by default
  });
  using client = await Pop3Client.connect(server);
  for (const guess of ["1", "2", "3", "secret"]) {
    await assertRejects(() => client.logIn("ann", guess), Error, "[AUTH]");
  }
});

Deno.test("takes nothing where the connection breaks in a message", async () => {
  const rules = [{ fault: "drop", message: 2, times: 1 }];
  await using server = await startTestServer({
    mailboxes: { ann: ["Subject: one\n", "Subject: two\n"] },
    faults: parseFaultPlan(JSON.stringify({ seed: 1, rules })),
  });
  await assertRejects(() => takeMail(server.port, "ann"), ServerClosedError);
  assertEquals(server.mailboxes.ann.messages.size, 2);
  assertEquals((await takeMail(server.port, "ann")).length, 2);
});
