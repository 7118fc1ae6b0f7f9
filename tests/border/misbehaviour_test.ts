/**
 * A provider is not trusted with the server's life. Each operation misbehaves in each way: it throws at once or later,
 * never settles, settles when nobody waits any more, or returns what its type forbids. Each time another session goes on,
 * the client hears a clear reply or is cut off by a limit, `stop` ends, and the places come back.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type Mailbox,
  type MailboxProvider,
  MemoryMailbox,
  SingleUserProvider,
} from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ResettingClient } from "../resetting_client.ts";
import { ObservedListener } from "../observed_listener.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const MESSAGES = { a: "Subject: a\r\n\r\nbody\r\n", b: "b\r\n" };

/** The operations of a mailbox, the commands that ask for each, and answers that its type forbids. */
const OPERATIONS = [
  ["listMessageUniqueIds", [], [undefined, null, "a", 5, ["a", 1], new Array(2)]],
  ["messageSize", ["LIST 1"], [NaN, -1, 1.5, 17n, "12\r\n+OK injected", undefined]],
  ["messageSizes", ["STAT"], [null, [1], [1, -2], [1, "2"]]],
  ["mailboxIsReadOnly", ["DELE 1"], [undefined, null, "no", 0]],
  ["messageExists", ["DELE 1"], [undefined, null, "yes"]],
  ["messageContents", ["RETR 1"], [7, true]],
  ["messageDelete", ["DELE 1", "QUIT"], []],
  ["release", ["QUIT"], []],
] as const;

type Operation = typeof OPERATIONS[number][0];

class Scene implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly pop3: ObservedListener;
  /** Lets an operation go on that waits. */
  readonly late = Promise.withResolvers<void>();
  port = 0;

  constructor(operation: Operation, answer: () => unknown) {
    const wild: Mailbox = Object.assign(new MemoryMailbox(MESSAGES), {
      [operation]: answer,
    });
    const tame = new MemoryMailbox(MESSAGES);
    const provider: MailboxProvider = {
      authenticate: (_info, username) => username === "wild" ? wild : tame,
    };
    this.pop3 = new ObservedListener({ provider, stopGrace: 1 }, this.clock);
  }

  async begin(): Promise<this> {
    this.port = (await this.pop3.listenOn(loopback)).port;
    return this;
  }

  async client(username: string): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(this.port);
    await client.readLine();
    await client.send(`XLOG ${username} x\r\n`);
    return client;
  }

  /** Another session goes on as if nothing had happened. */
  async othersGoOn(): Promise<void> {
    using other = await this.client("tame");
    assertEquals(await other.readLine(), "+OK Welcome.");
    assertEquals(await other.command("STAT"), "+OK 2 23");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.pop3.stop();
    await settle();
    this.clock.advance(1_000);
    await stopped;
    assertEquals(this.pop3.status().connections, { authorization: 0, transaction: 0, asleep: 0 });
  }
}

/** Lets everything go on that waits for nothing but promises and sockets of this process. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((go) => setTimeout(go, 0));
}

/** The last reply to the commands that lead to an operation. */
async function replyOf(
  client: LoopbackClient,
  commands: readonly string[],
): Promise<string | null> {
  let reply = await client.readLine();
  for (const command of commands) {
    if (reply?.startsWith("+OK") !== true) return reply;
    await client.send(`${command}\r\n`);
    reply = await client.readLine();
  }
  return reply;
}

for (const [operation, commands, forbidden] of OPERATIONS) {
  const when = commands.at(-1) ?? "a login";

  for (const isLater of [false, true]) {
    Deno.test(`${operation} throws ${isLater ? "later" : "at once"}, during ${when}`, async () => {
      const failure = new Error("the store is away");
      await using scene = await new Scene(operation, () => {
        if (isLater) return Promise.reject(failure);
        throw failure;
      }).begin();
      using client = await scene.client("wild");
      const reply = await replyOf(client, commands);
      // A release that fails changes nothing for the client.
      if (operation === "release") assertMatch(reply ?? "", /^\+OK/);
      else if (operation !== "messageExists") assertMatch(reply ?? "", /^-ERR \[SYS\/TEMP\] /);
      assertEquals((await scene.pop3.until("error")).error, failure);
      await scene.othersGoOn();
    });
  }

  for (const answer of forbidden) {
    const shown = typeof answer === "bigint" ? `${answer}n` : JSON.stringify(answer) ?? "undefined";
    Deno.test(`${operation} answers ${shown}, during ${when}`, async () => {
      await using scene = await new Scene(operation, () => answer).begin();
      using client = await scene.client("wild");
      const reply = await replyOf(client, commands);
      assertEquals(reply, "-ERR [SYS/TEMP] System error. Administrators should check logs.");
      const { error } = await scene.pop3.until("error");
      assert(error instanceof TypeError, `${error}`);
      assertStringIncludes(error.message, operation);
      await scene.othersGoOn();
    });
  }

  Deno.test(`${operation} never settles, during ${when}: others go on, the client's leaving frees its place, stop ends`, async () => {
    let isAsked = false;
    let signal: AbortSignal | null = null;
    const scene = await new Scene(operation, (...given: readonly unknown[]) => {
      isAsked = true;
      signal = signalIn(given);
      return new Promise(() => {});
    }).begin();
    await using _scene = scene;
    {
      using client = await ResettingClient.connect(scene.port);
      await client.say("XLOG wild x", ...commands);
      while (!isAsked) await new Promise((go) => setTimeout(go, 0));
      await scene.othersGoOn();
      // After half a minute a warning names the operation.
      scene.clock.advance(30_500);
      const { value, milliseconds } = await scene.pop3.until("warning");
      assertEquals(value, operation);
      assert(Number(milliseconds) >= 30_000, `${milliseconds}`);
      client.reset();
    }
    // Its place is free at once, and the signal is aborted.
    assertEquals((await scene.pop3.until("close", 2)).reason, "disconnect");
    assertEquals(aborted(signal), true);
  });

  Deno.test(`${operation} settles when its client has gone, during ${when}: nothing comes of it`, async () => {
    let isAsked = false;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using scene = await new Scene(operation, () => {
      isAsked = true;
      return promise;
    }).begin();
    {
      using client = await ResettingClient.connect(scene.port);
      await client.say("XLOG wild x", ...commands);
      while (!isAsked) await new Promise((go) => setTimeout(go, 0));
      scene.clock.advance(500);
      client.reset();
    }
    await scene.pop3.until("close");
    resolve(undefined);
    await settle();
    await scene.othersGoOn();
  });
}

function signalIn(given: readonly unknown[]): AbortSignal | null {
  const [info] = given;
  return typeof info === "object" && info !== null && "signal" in info &&
      info.signal instanceof AbortSignal
    ? info.signal
    : null;
}

function aborted(signal: AbortSignal | null): boolean {
  return signal?.aborted ?? false;
}

Deno.test("authenticate answers nothing: that is no refusal", async () => {
  const provider: MailboxProvider = { authenticate: () => Object(undefined).mailbox };
  await using pop3 = new ObservedListener({ provider });
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send("XLOG me x\r\n");
  assertMatch(await client.readLine() ?? "", /^-ERR \[SYS\/TEMP\]/);
  assertStringIncludes(
    String((await pop3.until("error")).error),
    "authenticate answered undefined; it must answer a mailbox, or null to refuse",
  );
  assertEquals(pop3.all("login-failed"), []);
});

Deno.test("an operation that keeps the event loop for a second is named in a warning", async () => {
  const clock = new ManualClock();
  const mailbox = Object.assign(new MemoryMailbox(MESSAGES), {
    messageSize() {
      clock.advance(1_500);
      return 3;
    },
  });
  const provider = new SingleUserProvider({
    username: "me",
    password: "passw0rd",
    openMailbox: () => mailbox,
  });
  await using pop3 = new ObservedListener({ provider }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  await client.command("LIST 1");
  const { rule, value, message, milliseconds } = await pop3.until("warning");
  assertEquals([rule, value, message, milliseconds], [
    "blocked-event-loop",
    "messageSize",
    "a",
    1_500,
  ]);
});
