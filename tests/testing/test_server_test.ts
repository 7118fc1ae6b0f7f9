/** The server in one line, with our client and one that others wrote. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryMailbox, StrikeBanEngine } from "../../lib/mod.ts";
import { Pop3Client, startTestServer, testCertificate } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { ManualClock } from "../manual_clock.ts";

Deno.test("each user has a mailbox of messages, in whatever form they are given", async () => {
  const octets = new Uint8Array([0x2e, 0x80, 0x0d, 0x0a]);
  await using server = await startTestServer({
    mailboxes: {
      list: ["Subject: one\n\n", octets, ...Array.from({ length: 9 }, (_, n) => `${n}`)],
      entries: [["10", "ten"], ["2", octets]],
      map: new Map([["b", "x"], ["a", "y"]]),
      object: { b: "x", a: octets },
      mailbox: new MemoryMailbox({ own: "z" }),
      none: [],
    },
  });
  const uniqueIds: Record<string, string[]> = {};
  for (const name of Object.keys(server.mailboxes)) {
    using client = await Pop3Client.connect(server);
    await client.logIn(name, name === "list" ? "any" : "other");
    uniqueIds[name] = (await client.listing("UIDL")).map((line) => line.split(" ")[1] ?? "");
    if (name !== "list") continue;
    assertEquals(await client.listing("RETR 2"), [".\x80"]);
    assertEquals(await client.listing("RETR 11"), ["8"]);
  }
  assertEquals(new Set(uniqueIds["list"]).size, 11);
  assertEquals({ ...uniqueIds, list: [] }, {
    list: [],
    entries: ["10", "2"],
    map: ["b", "a"],
    object: ["b", "a"],
    mailbox: ["own"],
    none: [],
  });
});

Deno.test("a test sees what is left, adds mail, and meets the provider's own words for strangers", async () => {
  await using server = await startTestServer({ mailboxes: { ann: ["a", "b"], bob: ["c"] } });
  using client = await Pop3Client.connect(server);
  for (const name of ["eve", "__proto__", "constructor", "Ann"]) {
    await client.say(`USER ${name}`);
    assertEquals((await client.say("PASS x")).code, "AUTH");
  }
  await client.logIn("ann", "x");
  await client.say("DELE 1");
  assertEquals((await client.say("QUIT")).isOk, true);
  const { ann, bob } = server.mailboxes;
  assertEquals([ann.messages.size, bob.messages.size], [1, 1]);
  ann.messages.set("new", new Uint8Array());
  using later = await Pop3Client.connect(server);
  await later.logIn("ann", "x");
  assertEquals((await later.say("STAT")).text, "2 3");
});

Deno.test("passwords count where they are set; a password of nobody is refused", async () => {
  const mailboxes = { ann: [], bob: [] };
  await using server = await startTestServer({ mailboxes, passwords: { ann: "right" } });
  using client = await Pop3Client.connect(server);
  await assertRejects(() => client.logIn("ann", "wrong"), Error, "[AUTH]");
  assertEquals((await client.authenticate("PLAIN", "\0bob\0anything")).isOk, true);
  using other = await Pop3Client.connect(server);
  await other.logIn("ann", "right");
  // @ts-expect-error: the compiler knows the names, and so does the server.
  const wrong = () => startTestServer({ mailboxes, passwords: { eve: "x" } });
  await assertRejects(wrong, TypeError, "passwords: eve has no mailbox");
});

Deno.test("TLS: STLS and implicit, with an authority that the test can trust", async () => {
  await using server = await startTestServer({ mailboxes: { ann: ["a"] }, tls: true });
  const caCerts: string[] = [server.ca];
  const ports: number[] = [server.port, server.tlsPort];
  assertEquals(new Set(ports).size, 2);
  using plain = await Pop3Client.connect({ port: server.port, caCerts });
  await plain.stls();
  await plain.logIn("ann", "x");
  using secure = await Pop3Client.connect({ port: server.tlsPort, tls: true, caCerts });
  await secure.logIn("ann", "x");
});

Deno.test("a certificate of the caller's own is used, and without TLS there is none", async () => {
  const certificate = await testCertificate({ names: ["other.test"] });
  await using server = await startTestServer({ tls: true, certificate });
  assertEquals(server.ca, null);
  assert(server.tlsPort !== null);
  using client = await Pop3Client.connect({
    port: server.tlsPort,
    tls: true,
    serverName: "other.test",
    caCerts: [certificate.ca],
  });
  assertEquals(client.greeting?.isOk, true);
  await using plain = await startTestServer();
  assertEquals([plain.tlsPort, plain.ca], [null, null]);
});

Deno.test("wrong passwords ban this machine only where the test wants it", async () => {
  const mailboxes = { ann: [] };
  const passwords = { ann: "right" };
  const guess = async (client: Pop3Client) => {
    for (let n = 0; n < 4; n++) {
      await client.say("USER ann");
      await client.say(`PASS wrong ${n}`);
    }
    await client.say("USER ann");
    return (await client.say("PASS right")).isOk;
  };
  await using friendly = await startTestServer({ mailboxes, passwords });
  using guesser = await Pop3Client.connect(friendly);
  assertEquals(await guess(guesser), true);

  const clock = new ManualClock();
  const banEngine = new StrikeBanEngine({ exempt: [], seconds: 60, clock });
  await using strict = await startTestServer({ mailboxes, passwords, banEngine });
  using banned = await Pop3Client.connect(strict);
  assertEquals(await guess(banned), false);
  assertEquals(banEngine.bans(), [{ address: "127.0.0.1", seconds: 60 }]);
  clock.advance(60_000);
  using later = await Pop3Client.connect(strict);
  await later.logIn("ann", "right");
});

Deno.test("the options of a listener are options here, and wrong ones open no port", async () => {
  await using server = await startTestServer({
    mailboxes: { ann: [] },
    expire: 7,
  });
  using client = await Pop3Client.connect(server);
  assert((await client.listing("CAPA")).includes("EXPIRE 7"));
  await assertRejects(() => startTestServer({ expire: -3 }), RangeError, "expire");
  const certificate = { cert: "none", key: "none" };
  await assertRejects(() => startTestServer({ tls: true, certificate }));
  await server.stop();
  await assertRejects(() => Pop3Client.connect(server));
  await server.stop();
});

await testWith("curl", "curl reads mail from it, over STLS", async () => {
  await using server = await startTestServer({
    mailboxes: { ann: ["Subject: a\n\nHi\n"] },
    tls: true,
  });
  const caFile = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(caFile, server.ca);
    const said = await run("curl", [
      ...["-sS", "--ssl-reqd", "--cacert", caFile, "-u", "ann:x"],
      `pop3://127.0.0.1:${server.port}/1`,
    ]);
    assertEquals(new TextDecoder().decode(said), "Subject: a\r\n\r\nHi\r\n");
  } finally {
    await Deno.remove(caFile);
  }
});
