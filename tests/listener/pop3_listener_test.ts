/** The listener over real sockets. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { nullProvider } from "../../lib/provider/null_provider.ts";
import {
  type MailboxProvider,
  MemoryMailbox,
  type Pop3Event,
  Pop3Listener,
  Pop3ResponseError,
} from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

Deno.test("without options, a listener refuses every login", async () => {
  await using pop3 = new Pop3Listener();
  assertEquals(pop3.provider, nullProvider);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn(), "-ERR [AUTH] Wrong username or password.");
});

Deno.test("listenOn resolves to the bound address, and rejects when the port is taken", async () => {
  await using pop3 = new Pop3Listener();
  const address = await pop3.listenOn(loopback);
  assertEquals(address.hostname, "127.0.0.1");
  assert(address.port > 0);
  await assertRejects(
    () => pop3.listenOn({ ...loopback, port: address.port }),
    Deno.errors.AddrInUse,
  );
});

Deno.test("the provider can be replaced while the listener runs; a session keeps the one it began with", async () => {
  await using pop3 = new Pop3Listener();
  const { port } = await pop3.listenOn(loopback);
  using before = await LoopbackClient.connect(port);
  await before.readLine();
  pop3.provider = providerOf(new MemoryMailbox());
  using after = await LoopbackClient.connect(port);
  assertEquals(await after.logIn(), "+OK Welcome.");
  await before.command("USER me");
  assertEquals(await before.command("PASS passw0rd"), "-ERR [AUTH] Wrong username or password.");
});

Deno.test("one provider's failure ends neither another connection nor the process", async () => {
  const mailbox = new MemoryMailbox({ a: "Subject: a\r\n\r\n" });
  const provider: MailboxProvider = {
    name: "half broken",
    authenticate(_info, username) {
      if (username === "me") return mailbox;
      throw new Error("database is down at 10.0.0.1");
    },
  };
  const events: Pop3Event[] = [];
  await using pop3 = new Pop3Listener({ provider, onEvent: (event) => void events.push(event) });
  const { port } = await pop3.listenOn(loopback);
  using good = await LoopbackClient.connect(port);
  assertEquals(await good.logIn(), "+OK Welcome.");
  using bad = await LoopbackClient.connect(port);
  await bad.readLine();
  await bad.command("USER you");
  assertEquals(
    await bad.command("PASS x"),
    "-ERR [SYS/TEMP] System error. Administrators should check logs.",
  );
  await bad.endSending();
  assertEquals(await bad.readLine(), null);
  assertEquals(await good.command("STAT"), "+OK 1 14");
  const error = events.find((event) => event.type === "error");
  assertInstanceOf(error?.error, Error);
});

Deno.test("a Pop3ResponseError is the reply, and closes the connection only when `closes` is true", async () => {
  const provider: MailboxProvider = {
    name: "busy",
    authenticate(_info, username) {
      throw new Pop3ResponseError(`Busy,\r\n${username}.`, {
        code: "IN-USE",
        closes: username === "closes",
      });
    },
  };
  await using pop3 = new Pop3Listener({ provider, onEvent() {} });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn(), "-ERR [IN-USE] Busy,  me.");
  await client.command("USER closes");
  assertEquals(await client.command("PASS x"), "-ERR [IN-USE] Busy,  closes.");
  await client.endSending();
  assertEquals(await client.readLine(), null);
});

Deno.test("a mailbox whose list fails leaves the client logged out, and is released", async () => {
  let released = 0;
  const mailbox = Object.assign(new MemoryMailbox(), { release: () => void released++ });
  mailbox.listMessageUniqueIds = () => {
    throw new Pop3ResponseError("Not now.", { code: "SYS/TEMP" });
  };
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.logIn(), "-ERR [SYS/TEMP] Not now.");
  assertEquals(await client.command("STAT"), "-ERR Authenticate first.");
  assertEquals(released, 1);
});

Deno.test("a mailbox is released once, whether by QUIT or by a client that goes away", async () => {
  for (const quits of [true, false]) {
    let released = 0;
    const closed = Promise.withResolvers<void>();
    const mailbox = Object.assign(new MemoryMailbox(), { release: () => void released++ });
    await using pop3 = new Pop3Listener({
      provider: providerOf(mailbox),
      onEvent: (event) => {
        if (event.type === "close") closed.resolve();
      },
    });
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    await client.logIn();
    if (quits) await client.command("QUIT");
    client.close();
    await closed.promise;
    assertEquals(released, 1);
  }
});

Deno.test("a mailbox is released by SLEE, by a WAKE that fails, and by QAUT, which forgets the user", async () => {
  const closed = Promise.withResolvers<string | null>();
  let released = 0;
  let fails = false;
  const mailbox = Object.assign(new MemoryMailbox(), { release: () => void released++ });
  mailbox.listMessageUniqueIds = () => {
    if (fails) throw new Error("The disk is gone");
    return [];
  };
  await using pop3 = new Pop3Listener({
    provider: providerOf(mailbox),
    onEvent: (event) => {
      if (event.type === "close") closed.resolve(event.connection.username);
    },
  });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.command("SLEE");
  assertEquals(released, 1);
  fails = true;
  assertEquals(
    await client.command("WAKE"),
    "-ERR [SYS/TEMP] System error. Administrators should check logs.",
  );
  assertEquals(released, 2);
  fails = false;
  assertEquals(await client.command("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
  await client.command("QAUT");
  assertEquals(released, 3);
  await client.command("QUIT");
  assertEquals([await closed.promise, released], [null, 3]);
});

Deno.test("an event handler that throws does not disturb a session", async () => {
  const silenced = console.error;
  console.error = () => {};
  try {
    await using pop3 = new Pop3Listener({
      onEvent() {
        throw new Error("observer");
      },
    });
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    assertEquals(await client.readLine(), "+OK pop3svc ready.");
    client.close();
    await pop3.stop();
  } finally {
    console.error = silenced;
  }
});

Deno.test("stop closes ports and waiting connections; the provider is its maker's to dispose of", async () => {
  let disposed = 0;
  const provider = Object.assign(providerOf(new MemoryMailbox()), {
    [Symbol.asyncDispose]: () => Promise.resolve(void disposed++),
  });
  const pop3 = new Pop3Listener({ provider });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await pop3.stop();
  assertEquals(await client.readLine(), null);
  assertEquals(disposed, 0);
  await assertRejects(() => LoopbackClient.connect(port), Deno.errors.ConnectionRefused);
});

Deno.test("stop waits for a command no longer than its grace", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<number>();
  const mailbox = new MemoryMailbox({ a: "x" });
  mailbox.messageSize = () => {
    asked.resolve();
    return answer.promise;
  };
  const pop3 = new Pop3Listener({ provider: providerOf(mailbox), clock, onEvent() {} });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.send("STAT\r\n");
  await asked.promise;
  const stopped = pop3.stop();
  clock.advance(5_000);
  assertEquals(await client.readLine(), null);
  answer.resolve(1);
  await stopped;
});

Deno.test("the last reply before the server closes arrives, even when the client is still sending", async () => {
  await using pop3 = new Pop3Listener();
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send("RUBBISH\r\n".repeat(5_000));
  for (let line = 0; line < 20; line++) {
    assertEquals(await client.readLine(), "-ERR Unknown command: RUBBISH");
  }
  assertEquals(await client.readLine(), null);
});

Deno.test("serve settles when its socket is closed, by its owner or by stop", async () => {
  await using pop3 = new Pop3Listener();
  for (const close of [(socket: Deno.Listener) => socket.close(), () => pop3.stop()]) {
    const socket = Deno.listen(loopback);
    let isSettled = false;
    const served = pop3.serve(socket).then(() => isSettled = true);
    using client = await LoopbackClient.connect(socket.addr.port);
    assertEquals(await client.readLine(), "+OK pop3svc ready.");
    assertEquals(isSettled, false);
    await close(socket);
    await served;
  }
});
