/** `stop` ends when its grace is over, even if a provider never settles. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Mailbox,
  type MailboxProvider,
  MemoryMailbox,
  type MessageContent,
  type Pop3ListenerOptions,
} from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { certificate } from "../test_authority.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };

function providerOf(mailbox: Mailbox): MailboxProvider {
  return { name: "one", authenticate: () => mailbox };
}

function mailboxWith(replaced: Partial<Mailbox>): MailboxProvider {
  return providerOf(Object.assign(new MemoryMailbox({ a: "x" }), replaced));
}

const never = () => new Promise<never>(() => {});
const login = "XLOG me x";

async function* endless(): AsyncGenerator<string> {
  yield "Subject: x";
  await never();
}

const unclosed: MessageContent = { nextLine: () => null, close: never };

/** The operation that never settles, the commands that call it, and the warning about it. */
const cases: readonly (readonly [
  provider: MailboxProvider,
  commands: readonly string[],
  rule: string,
  operation: string,
  message: string | null,
])[] = [
  [{ name: "n", authenticate: never }, [login], "unsettled-promise", "authenticate", null],
  [
    {
      name: "n",
      authenticate: () => null,
      secrets: { offers: "apop-and-scram", secretOf: never, openMailbox: never },
    },
    [`APOP me ${"0".repeat(32)}`],
    "unsettled-promise",
    "secretOf",
    null,
  ],
  [
    { name: "n", authenticate: () => null, authenticateToken: never },
    ["AUTH XOAUTH2 " + btoa("user=me\x01auth=Bearer x\x01\x01")],
    "unsettled-promise",
    "authenticateToken",
    null,
  ],
  [
    mailboxWith({ listMessageUniqueIds: never }),
    [login],
    "unsettled-promise",
    "listMessageUniqueIds",
    null,
  ],
  [mailboxWith({ messageSize: never }), [login, "STAT"], "unsettled-promise", "messageSize", "a"],
  [mailboxWith({ messageSize: never }), [login, "LIST 1"], "unsettled-promise", "messageSize", "a"],
  [
    mailboxWith({ mailboxIsReadOnly: never }),
    [login, "DELE 1"],
    "unsettled-promise",
    "mailboxIsReadOnly",
    null,
  ],
  [
    mailboxWith({ messageExists: never }),
    [login, "DELE 1"],
    "unsettled-promise",
    "messageExists",
    "a",
  ],
  [
    mailboxWith({ messageContents: never }),
    [login, "RETR 1"],
    "unsettled-promise",
    "messageContents",
    "a",
  ],
  [
    mailboxWith({ messageContents: endless }),
    [login, "RETR 1"],
    "unsettled-promise",
    "messageContents",
    "a",
  ],
  [
    mailboxWith({ messageContents: () => unclosed }),
    [login, "RETR 1"],
    "unclosed-contents",
    "close",
    "a",
  ],
  [
    mailboxWith({ messageDelete: never }),
    [login, "DELE 1", "QUIT"],
    "unsettled-promise",
    "messageDelete",
    null,
  ],
  [mailboxWith({ release: never }), [login, "QUIT"], "unsettled-promise", "release", null],
  [
    { ...mailboxWith({}), reopenMailbox: never },
    [login, "SLEE", "WAKE"],
    "unsettled-promise",
    "reopenMailbox",
    null,
  ],
];

/** Runs everything that is ready to run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
}

async function listening(
  options: Pop3ListenerOptions,
): Promise<readonly [ObservedListener, ManualClock, number]> {
  const clock = new ManualClock();
  const pop3 = new ObservedListener({ stopGrace: 3, ...options }, clock);
  const { port } = await pop3.listenOn(loopback);
  return [pop3, clock, port];
}

for (const [provider, commands, rule, operation, message] of cases) {
  Deno.test(`${commands.at(-1)} while ${operation} never settles`, async () => {
    const [pop3, clock, port] = await listening({ provider });
    using client = await LoopbackClient.connect(port);
    await client.readLine();
    await client.send(commands.map((command) => `${command}\r\n`).join(""));
    await pop3.until("command", commands.length);
    await settle();
    let isStopped = false;
    const stopped = pop3.stop().then(() => isStopped = true);
    await settle();
    clock.advance(2_900);
    await settle();
    assertEquals([isStopped, pop3.all("warning").length], [false, 0]);
    clock.advance(100);
    await stopped;
    const warnings = pop3.all("warning");
    assertEquals(warnings.map((each) => [each.rule, each.value, each.message]), [
      [rule, operation, message],
    ]);
    const line = warnings.map((each) => logLine(each, "text", "warn")).join("");
    assertStringIncludes(line, `value=${operation}`);
    assertEquals((await pop3.until("close")).reason, "stop");
    assertEquals(pop3.status().connections, { authorization: 0, transaction: 0, asleep: 0 });
    while (await client.readLine() !== null);
    assertEquals(clock.pending, 0);
  });
}

Deno.test("a release that never settles after the client has left", async () => {
  const [pop3, clock, port] = await listening({ provider: mailboxWith({ release: never }) });
  const client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.command(login);
  client.close();
  await settle();
  const stopped = pop3.stop();
  clock.advance(3_000);
  await stopped;
  assertEquals(pop3.all("warning").map(({ value }) => value), ["release"]);
});

Deno.test("stop lets sessions go on while it drains, and lets nobody in", async () => {
  const [pop3, clock, port] = await listening({ provider: mailboxWith({}) });
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.readLine(), "+OK pop3svc ready.");
  const stopped = pop3.stop({ drain: 60 });
  clock.advance(59_000);
  assertEquals(await client.command(login), "+OK Welcome.");
  await assertRejects(() => LoopbackClient.connect(port), Deno.errors.ConnectionRefused);
  clock.advance(1_000);
  await settle();
  assertEquals(await client.readLine(), null);
  await stopped;
});

Deno.test("events tell how many sessions remain while it drains, and how many were cut off", async () => {
  const [pop3, clock, port] = await listening({ provider: mailboxWith({}) });
  const clients: LoopbackClient[] = [];
  for (let count = 0; count < 3; count++) {
    const client = await LoopbackClient.connect(port);
    clients.push(client);
    await client.readLine();
    await client.command(login);
  }
  const [first, ...others] = clients;
  await first?.command("DELE 1");
  const stopped = pop3.stop({ drain: 5 });
  assertEquals(await first?.command("QUIT"), "+OK 1 message deleted. Closing connection.");
  await pop3.until("delete");
  await pop3.until("close");
  clock.advance(5_000);
  await stopped;
  assertEquals(
    pop3.all("drain").map(({ phase, sessions, cut }) => [phase, sessions, cut]),
    [["begin", 3, 0], ["end", 2, 2]],
  );
  for (const client of [first, ...others]) client?.close();
});

Deno.test("sessions of the TLS engine deno go on, too", async () => {
  const [pop3, clock] = await listening({
    provider: mailboxWith({}),
    certificate,
    tlsEngine: "deno",
  });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  using client = await LoopbackClient.connectTls(port);
  await client.readLine();
  const stopped = pop3.stop({ drain: 5 });
  assertEquals(await client.command(login), "+OK Welcome.");
  await client.command("DELE 1");
  assertEquals(await client.command("QUIT"), "+OK 1 message deleted. Closing connection.");
  await assertRejects(() => LoopbackClient.connect(port), Deno.errors.ConnectionRefused);
  await stopped;
  assertEquals([pop3.all("drain").map(({ cut }) => cut), clock.pending], [[0, 0], 0]);
});

Deno.test("stop ends as soon as no session is left", async () => {
  const [pop3, clock, port] = await listening({ provider: mailboxWith({}) });
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  const stopped = pop3.stop({ drain: 5 });
  await client.command("QUIT");
  await stopped;
  assertEquals(clock.pending, 0);
  assertEquals(pop3.all("drain").map(({ cut }) => cut), [0, 0]);
});

Deno.test("a certificate function that never settles keeps neither the connection's place nor stop", async () => {
  let isAsked = false;
  const clock = new ManualClock();
  const pop3 = new ObservedListener({
    loginTimeout: 10,
    stopGrace: 3,
    certificate: () => isAsked ? never() : certificate,
  }, clock);
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  isAsked = true;
  using first = await LoopbackClient.connect(port);
  await pop3.until("connect");
  clock.advance(11_000);
  assertEquals(await first.readLine(), null);
  assertEquals((await pop3.until("close")).reason, "login-timeout");
  assertEquals(pop3.status().connections.authorization, 0);
  using _second = await LoopbackClient.connect(port);
  await pop3.until("connect", 2);
  const stopped = pop3.stop();
  await settle();
  clock.advance(3_000);
  await stopped;
});

Deno.test("a socket whose accept never settles does not delay stop", async () => {
  const [pop3, clock] = await listening({});
  pop3.serve({ accept: never, close() {} });
  await settle();
  const stopped = pop3.stop();
  await settle();
  clock.advance(3_000);
  await stopped;
});

Deno.test("the login timeout also ends while the provider works, and the place is free", async () => {
  const provider = { name: "n", authenticate: never };
  const [pop3, clock, port] = await listening({ provider, loginTimeout: 60 });
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send(`${login}\r\n`);
  await pop3.until("command");
  clock.advance(61_000);
  assertEquals((await pop3.until("close")).reason, "login-timeout");
  assertEquals(await client.readLine(), null);
  assertEquals(pop3.status().connections.authorization, 0);
  await pop3.stop();
});

Deno.test("a login that succeeds too late is discarded: it is not logged, and its mailbox is released once", async () => {
  const answer = Promise.withResolvers<Mailbox | null>();
  let [released, listed] = [0, 0];
  const mailbox = Object.assign(new MemoryMailbox({ a: "x" }), { release: () => void released++ });
  mailbox.listMessageUniqueIds = () => {
    listed++;
    return ["a"];
  };
  const asked = Promise.withResolvers<void>();
  const authenticate = () => {
    asked.resolve();
    return answer.promise;
  };
  const [pop3, clock, port] = await listening({ provider: { name: "late", authenticate } });
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send(`${login}\r\n`);
  await asked.promise;
  const stopped = pop3.stop();
  clock.advance(3_000);
  await stopped;
  const count = pop3.seen.length;
  answer.resolve(mailbox);
  await settle();
  assertEquals([released, listed, pop3.seen.length], [1, 0, count]);
});

Deno.test("deletions and failures that come too late are still logged", async () => {
  for (const fails of [false, true]) {
    const answer = Promise.withResolvers<void>();
    let released = 0;
    const provider = mailboxWith({
      messageDelete: () => answer.promise,
      release: () => void released++,
    });
    const [pop3, clock, port] = await listening({ provider });
    using client = await LoopbackClient.connect(port);
    await client.readLine();
    for (const command of [login, "DELE 1"]) await client.command(command);
    await client.send("QUIT\r\n");
    await pop3.until("command", 3);
    const stopped = pop3.stop();
    clock.advance(3_000);
    await stopped;
    // The mailbox is released only after its operation has ended.
    assertEquals(released, 0);
    if (fails) answer.reject(new Error("The disk is full"));
    else answer.resolve();
    await pop3.until(fails ? "error" : "delete");
    await settle();
    assertEquals(released, 1);
    assertEquals(pop3.all("close").length, 1);
  }
});

Deno.test("a connection that arrives while the port closes is closed, or served if sessions may go on", async () => {
  for (const drain of [0, 5]) await arriveAtStop(drain);
});

async function arriveAtStop(drain: number): Promise<void> {
  const [pop3, clock] = await listening({ provider: mailboxWith({}) });
  const socket = Deno.listen(loopback);
  const arrival = Promise.withResolvers<Deno.TcpConn>();
  const answers = [arrival.promise];
  const closed = () => Promise.reject(new Deno.errors.BadResource());
  pop3.serve({ accept: () => answers.shift() ?? closed(), close() {} });
  await settle();
  using client = await LoopbackClient.connect(socket.addr.port);
  const accepted = await socket.accept();
  socket.close();
  arrival.resolve(accepted);
  const stopped = pop3.stop({ drain });
  if (drain > 0) {
    assertEquals(await client.readLine(), "+OK pop3svc ready.");
    assertEquals(await client.command("QUIT"), "+OK Closing connection without authenticating.");
  }
  assertEquals(await client.readLine(), null);
  await stopped;
  assertEquals([pop3.all("connect").length, clock.pending], [drain > 0 ? 1 : 0, 0]);
}
